/** No endless loop. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'livelock',
  title: 'No endless loop',
  statement:
    'No function that never ends, and no cycle of states that a fair schedule never leaves: of one thread where nobody else can run, or of several where each that could run goes round with them.',
  why: 'A CPU spins for ever, or several keep each other busy for ever.',
  source: 'every run',
  example: 'Retry a fault while its own lock keeps the cause from going away.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
