/**
 * What a tree's own KVM is compiled with: which of its files are compiled whole, which of its headers
 * are read as they are, and what stands for the rest of the kernel (`model/kernel`, `model/edge`, `model/builtins`).
 * It knows names of files, and nothing of patches or runs.
 */

import type { Mute, SourceText } from '../../c/index';
import { rankOf } from '../reference';
import { partOf, weakFunctions } from './parts';

export { lacks, probe, type TreeText } from './probe';

/** Files of the tree compiled whole, in this order. One that a tree lacks is left out. */
export const UNITS: readonly string[] = [
  'virt/kvm/kvm_main.c',
  'virt/kvm/guest_memfd.c',
  'arch/x86/kvm/mmu/spte.c',
  'arch/x86/kvm/mmu/tdp_iter.c',
  'arch/x86/kvm/mmu/tdp_mmu.c',
  'arch/x86/kvm/mmu/mmu.c',
  'arch/x86/kvm/vmx/tdx.c',
  'arch/x86/kvm/svm/sev.c',
];

/** Whether a file may be part of what is compiled: a unit, a header, or what stands for one of the kernel's files. */
export function isCompiled(path: string): boolean {
  return UNITS.includes(path) || Object.hasOwn(IN_PART, path) || !path.endsWith('.c') || path.startsWith('model/');
}

/** Headers outside KVM's own folders that are the tree's own. */
export const OWN_HEADERS: readonly RegExp[] = [
  /^linux\/kvm[a-z_]*\.h$/,
  /^uapi\/linux\/kvm[a-z_]*\.h$/,
  /^asm\/kvm[-a-z0-9_]*\.h$/,
  /^uapi\/asm\/kvm[a-z0-9_]*\.h$/,
  /^(uapi\/)?asm\/vmx\.h$/,
  /^asm\/(shared\/)?tdx[a-z_]*\.h$/,
  /^asm\/sev-common\.h$/,
  /^(uapi\/)?linux\/(psp-sev|sev-guest)\.h$/,
  /^kvm\/iodev\.h$/,
  /^linux\/hashtable\.h$/,
  /^trace\/events\/kvm\.h$/,
  /^asm\/(msr-index|cpufeatures|vmxfeatures|trapnr|processor-flags|posted_intr|svm|apicdef|debugreg)\.h$/,
  /^(uapi\/)?asm\/(processor-flags|mtrr|svm|debugreg)\.h$/,
];

/** KVM's own headers of which only assembler would be left: ours stand for them. */
export const INSTEAD: ReadonlySet<string> = new Set(['vmx_ops.h']);

/**
 * Statistics: they only count, so that no two states would ever be the same. Except the one that says how
 * long a list is: older kernels go by it.
 */
export const MUTE: Mute = {
  kvm_vcpu_stat: [],
  kvm_vcpu_stat_generic: [],
  kvm_vm_stat: ['nx_lpage_splits'],
  kvm_vm_stat_generic: [],
};

export const OWN_FOLDERS: readonly string[] = ['include', 'arch/x86/include', 'include/uapi', 'arch/x86/include/uapi'];

export const DEFINES: Readonly<Record<string, string>> = {
  __KERNEL__: '1',
  CONFIG_X86: '1',
  CONFIG_X86_64: '1',
  CONFIG_64BIT: '1',
  CONFIG_SMP: '1',
  CONFIG_KVM: '1',
  CONFIG_KVM_X86: '1',
  CONFIG_KVM_MMIO: '1',
  CONFIG_KVM_SMM: '1',
  CONFIG_KVM_PROVE_MMU: '1',
  CONFIG_PROVE_LOCKING: '1',
  CONFIG_LOCKDEP: '1',
  CONFIG_PROVE_RCU: '1',
  CONFIG_KVM_GUEST_MEMFD: '1',
  CONFIG_KVM_PRIVATE_MEM: '1',
  CONFIG_KVM_SW_PROTECTED_VM: '1',
  CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES: '1',
  CONFIG_KVM_GENERIC_PRE_FAULT_MEMORY: '1',
  CONFIG_KVM_GENERIC_MMU_NOTIFIER: '1',
  CONFIG_KVM_MMU_LOCKLESS_AGING: '1',
  CONFIG_KVM_ELIDE_TLB_FLUSH_IF_YOUNG: '1',
  CONFIG_HAVE_KVM_ARCH_GMEM_POPULATE: '1',
  CONFIG_KVM_GENERIC_GMEM_POPULATE: '1',
  CONFIG_KVM_GENERIC_PRIVATE_MEM: '1',
  CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT: '1',
  CONFIG_HAVE_KVM_ARCH_GMEM_RECLAIM: '1',
  CONFIG_HAVE_KVM_ARCH_GMEM_PREPARE: '1',
  CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE: '1',
  CONFIG_KVM_INTEL_TDX: '1',
  CONFIG_KVM_AMD_SEV: '1',
  CONFIG_CRYPTO_DEV_SP_PSP: '1',
  CONFIG_INTEL_TDX_HOST: '1',
  CONFIG_MMU_NOTIFIER: '1',
  CONFIG_HAS_IOMEM: '1',
  CONFIG_PREEMPT_NOTIFIERS: '1',
  CONFIG_HAVE_KVM_NO_POLL: '1',
  CONFIG_KVM_VFIO: '1',
  CONFIG_KVM_ASYNC_PF: '1',
  CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT: '1',
};

/** The geometry of the model: tables of 4 entries. A definition in the tree does not change these. */
export const FIXED: Readonly<Record<string, string>> = {
  PT64_LEVEL_BITS: '2',
  SPTE_LEVEL_BITS: '2',
  'KVM_HPAGE_GFN_SHIFT(x)': '(((x) - 1) * 2)',
};

/** Files of KVM that are not compiled from the tree, and what stands for them. */
const STOOD_IN: Readonly<Record<string, string>> = {
  'arch/x86/kvm/x86.c': 'model/edge/x86.c',
  'arch/x86/kvm/smm.c': 'model/edge/smm.c',
  'arch/x86/kvm/vmx/main.c': 'model/kernel/main.c',
  'arch/x86/kvm/vmx/vmx.c': 'model/edge/vmx.c',
  'arch/x86/kvm/svm/svm.c': 'model/edge/svm.c',
  'arch/x86/virt/svm/sev.c': 'model/edge/psp.c',
};

/** Our file that takes the place of a kernel file, null where the tree's own is compiled or nothing stands for it. */
export function standInFor(kernelPath: string, stand: ReadonlyMap<string, string>): string | null {
  const path = STOOD_IN[kernelPath];
  return path !== undefined && stand.has(path) ? path : null;
}

/** Files of which only the functions are compiled that the stand-ins beside it declare weak. */
export const IN_PART: Readonly<Record<string, readonly string[]>> = {
  'arch/x86/kvm/x86.c': ['model/edge/x86.c', 'model/edge/x86_vm.c', 'model/kernel/x86.c'],
  'arch/x86/kvm/smm.c': ['model/edge/smm.c'],
};

/** The functions of a kernel file that are compiled from the tree, of one that is compiled in part. */
export function partNames(path: string, stand: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set((IN_PART[path] ?? []).flatMap((standIn) => [...weakFunctions(stand.get(standIn) ?? '')]));
}

/** The files that are compiled: the tree's units, whole or in part, then our stand-ins, then the scenarios' drivers. */
export function treeUnits(stand: ReadonlyMap<string, string>, tree: (path: string) => string | null): SourceText[] {
  const own = UNITS.flatMap((path) => {
    const text = tree(path);
    return text === null ? [] : [{ path, text }];
  });
  const parts = Object.keys(IN_PART).flatMap((path) => {
    const text = tree(path);
    return text === null ? [] : [{ path, text: partOf(text, partNames(path, stand)) }];
  });
  const around = [...stand].filter(([path]) => /^model\/(kernel|edge|scenarios)\/.*\.c$/.test(path));
  return [
    ...own,
    ...parts,
    ...around.sort(([a], [b]) => rankOf(a) - rankOf(b)).map(([path, text]) => ({ path, text })),
  ];
}
