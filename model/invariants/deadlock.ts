/** No deadlock. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'deadlock',
  title: 'No deadlock',
  statement: 'There is always a thread that can go on until all are done.',
  why: 'The threads, and whoever needs their locks, hang for ever.',
  source: 'Documentation/virt/kvm/locking.rst',
  example: 'Take slots_lock inside a section that its holder waits for.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
