/** No WARN. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'kernel-warning',
  title: 'No WARN',
  statement: 'No WARN_ON() whose condition holds.',
  why: 'The kernel says itself that an assumption is broken; with panic_on_warn the host stops.',
  source: 'include/asm-generic/bug.h',
  example: 'Unmap with an empty filter.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
