/** No endless loop. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'livelock',
  title: 'No endless loop',
  statement: 'No cycle of states in which threads run and nothing changes, and no function that never ends.',
  why: 'A CPU spins for ever.',
  source: 'every run',
  example: 'Retry a fault while its own lock keeps the cause from going away.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
