/** The reference's mutations on a kernel's own code, where both have the same text. */

import type { Edit } from '../../../model/scenarios/reference';
import type { Kernel } from './kernels';

/** Where the kernel has what the reference has in a file of this name. */
const FILES: Readonly<Record<string, string>> = {
  'sev.c': 'arch/x86/kvm/svm/sev.c',
  'guest_memfd.c': 'virt/kvm/guest_memfd.c',
  'kvm_main.c': 'virt/kvm/kvm_main.c',
  'tdx.c': 'arch/x86/kvm/vmx/tdx.c',
  'mmu.c': 'arch/x86/kvm/mmu/mmu.c',
  'tdp_mmu.c': 'arch/x86/kvm/mmu/tdp_mmu.c',
  'spte.c': 'arch/x86/kvm/mmu/spte.c',
  'tdp_mmu.h': 'arch/x86/kvm/mmu/tdp_mmu.h',
  'x86.c': 'arch/x86/kvm/x86.c',
  'edge/x86_vm.c': 'arch/x86/kvm/x86.c',
  'edge/smm.c': 'arch/x86/kvm/smm.c',
  'kvm_host.h': 'arch/x86/include/asm/kvm_host.h',
};

/** The kernel's files with these edits, by path. Throws where a text is not there just once. */
export function edited(kernel: Kernel, edits: readonly Edit[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { file, find, put } of edits) {
    const path = FILES[file] ?? file;
    const parts = (texts[path] ?? kernel.text(path)).split(find);
    if (parts.length !== 2) throw new Error(`${path} holds ${parts.length - 1} times: ${find}`);
    texts[path] = parts.join(put);
  }
  return texts;
}
