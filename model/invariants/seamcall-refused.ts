/** The TDX module refuses nothing that KVM expects to work. An oracle of every run: the executor and the machine report it, this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'seamcall-refused',
  title: 'The TDX module refuses nothing that KVM expects to work',
  statement:
    "No SEAMCALL returns an error that its caller doesn't expect (BUSY is expected where the kernel handles it).",
  why: "KVM's idea of the TD and the module's differ: the VM is bugged.",
  source: 'TDX module; arch/x86/kvm/vmx/tdx.c',
  example: 'Issue TDH.MEM.PAGE.AUG for an entry that is not free.',
  vm: [...VM_TYPES],
  kind: 'oracle',
};
