/** No BUG and no bugged VM. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'kernel-bug',
  title: 'No BUG and no bugged VM',
  statement: 'No BUG(), no division by zero, and no KVM_BUG_ON() whose condition holds.',
  why: 'The host stops, or the VM is given up.',
  source: 'include/linux/kvm_host.h, KVM_BUG_ON()',
  example: 'Let a SEAMCALL fail that KVM expects to succeed.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
