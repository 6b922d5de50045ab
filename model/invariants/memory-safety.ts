/** No access to memory that is not there. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'memory-safety',
  title: 'No access to memory that is not there',
  statement:
    'No read or write through a null or wild pointer, of freed memory or of memory that was never allocated; nothing is freed twice.',
  why: "The host crashes, or reads and writes somebody else's memory.",
  source: 'every run',
  example: 'Use an object after its last reference was dropped.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
