/** The rules of locking hold. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'lock-rule',
  title: 'The rules of locking hold',
  statement:
    "Every lockdep assertion holds; no lock is taken twice, dropped by a thread that doesn't hold it, or kept at the end; nobody sleeps while a spinning lock is held.",
  why: 'Data that the lock protects changes under its readers, or the kernel hangs.',
  source: 'Documentation/virt/kvm/locking.rst',
  example: 'Call a function that needs mmu_lock after the lock was dropped.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
