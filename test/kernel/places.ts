/** Words that seeded edits share: the kernel's files, VM types, and what one mistake leads to. */

export const TDP_MMU = 'arch/x86/kvm/mmu/tdp_mmu.c';
export const TDP_ITER = 'arch/x86/kvm/mmu/tdp_iter.c';
export const MMU = 'arch/x86/kvm/mmu/mmu.c';
export const TDX = 'arch/x86/kvm/vmx/tdx.c';
export const SEV = 'arch/x86/kvm/svm/sev.c';
export const X86 = 'arch/x86/kvm/x86.c';
export const GMEM = 'virt/kvm/guest_memfd.c';
export const KVM_MAIN = 'virt/kvm/kvm_main.c';

/** VM types of common code, but those on SVM. */
export const ALL = ['default', 'sw-protected', 'tdx'];
export const PRIVATE = ['sw-protected', 'tdx'];

/** The chain of a private leaf that outlives its slot. */
export const LEFT_BEHIND = ['slot-delete-leaves-nothing', 'mapping-has-binding', 'unmap-before-free'];
