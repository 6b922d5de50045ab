/**
 * What a tree's KVM has, asked of its own text: the release's number says nothing, since stable kernels
 * and distributions carry changes of later ones. It knows how KVM's code differs between trees, and
 * nothing of what the differences mean to our stand-ins (`model/kernel`), which ask for them by name.
 */

import type { VmType } from '../../../model/machine/types';

/** Text of a file of the tree by its path there, null where it has none. */
export type TreeText = (path: string) => string | null;

interface Feature {
  /** The macro that stand-ins ask for, defined as 1 where the tree has it. */
  readonly name: string;
  readonly path: string;
  /** Text that the file has then. Absent: it is enough that the file is there. */
  readonly has?: RegExp;
}

const TDX = 'arch/x86/kvm/vmx/tdx.c';
const MMU = 'arch/x86/kvm/mmu/mmu.c';
const KVM_HOST = 'arch/x86/include/asm/kvm_host.h';
const SPTE = 'arch/x86/kvm/mmu/spte.c';
const UAPI = 'arch/x86/include/uapi/asm/kvm.h';
const SEV = 'arch/x86/kvm/svm/sev.c';
const SVM_H = 'arch/x86/kvm/svm/svm.h';
const OPS = 'arch/x86/include/asm/kvm-x86-ops.h';

const FEATURES: readonly Feature[] = [
  { name: 'TREE_HAS_TDX', path: TDX },
  { name: 'TREE_HAS_SEV', path: SEV },
  // kvm_recover_nx_huge_pages() has a second parameter.
  {
    name: 'TREE_HAS_NX_RECOVERY_BY_MMU_TYPE',
    path: MMU,
    has: /\bkvm_recover_nx_huge_pages\s*\(\s*struct\s+kvm\s*\*\s*\w+\s*,/,
  },
  { name: 'TREE_HAS_VCPU_VT', path: 'arch/x86/kvm/vmx/common.h', has: /\bstruct\s+vcpu_vt\s*\{/ },
  { name: 'TREE_HAS_GMEM_MAX_MAPPING_LEVEL', path: OPS, has: /\(\s*gmem_max_mapping_level\s*\)/ },
  { name: 'TREE_HAS_GMEM_MAKE_PRIVATE', path: OPS, has: /\(\s*gmem_make_private\s*\)/ },
  { name: 'TREE_HAS_GMEM_INVALIDATE_RANGE', path: OPS, has: /\(\s*gmem_invalidate_range\s*\)/ },
  { name: 'TREE_HAS_RELOAD_VMSA', path: OPS, has: /\(\s*reload_vmsa\s*\)/ },
  { name: 'TREE_HAS_SEV_VM_INIT', path: SEV, has: /\bvoid\s+sev_vm_init\s*\(/ },
  { name: 'TREE_HAS_SEV_VCPU_CREATE', path: SEV, has: /\bint\s+sev_vcpu_create\s*\(/ },
  // pre_sev_run() can refuse; sev_init_vmcb() has a second parameter.
  { name: 'TREE_HAS_FALLIBLE_PRE_SEV_RUN', path: SVM_H, has: /\bint\s+pre_sev_run\s*\(/ },
  { name: 'TREE_HAS_SEV_INIT_EVENT', path: SVM_H, has: /\bsev_init_vmcb\s*\(\s*struct\s+vcpu_svm\s*\*\s*\w+\s*,/ },
  { name: 'TREE_HAS_IS_SEV_SNP_GUEST', path: SVM_H, has: /\bis_sev_snp_guest\s*\(/ },
  { name: 'TREE_HAS_TDP_HAS_SMEP', path: OPS, has: /\(\s*tdp_has_smep\s*\)/ },
  { name: 'TREE_HAS_GFN_DIRECT_BITS', path: KVM_HOST, has: /\bgfn_direct_bits\s*;/ },
  { name: 'TREE_HAS_FALLIBLE_MMU_INIT', path: MMU, has: /\bint\s+kvm_mmu_init_vm\s*\(/ },
  { name: 'TREE_HAS_RECOVER_HUGE_PAGES', path: MMU, has: /\bvoid\s+kvm_mmu_recover_huge_pages\s*\(/ },
  { name: 'TREE_HAS_EAGER_SPLIT_IN_MMU', path: MMU, has: /\bbool\s+(__read_mostly\s+)?eager_page_split\s*=/ },
  // kvm_mmu_set_ept_masks() has a second parameter.
  {
    name: 'TREE_HAS_EPT_EXEC_ONLY',
    path: SPTE,
    has: /\bkvm_mmu_set_ept_masks\s*\(\s*bool\s+\w+\s*,/,
  },
];

/** Macros that tell our stand-ins what this tree's KVM has. */
export function probe(tree: TreeText): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, path, has } of FEATURES) {
    const text = tree(path);
    if (text !== null && (has === undefined || has.test(text))) found[name] = '1';
  }
  return found;
}

/** VM types that the tree has no code for. */
export function lacks(tree: TreeText): VmType[] {
  const types: VmType[] = [];
  if (!/\bKVM_X86_SW_PROTECTED_VM\b/.test(tree(UAPI) ?? '')) types.push('sw-protected');
  const svm: readonly [VmType, RegExp][] = [
    ['sev', /\bKVM_X86_SEV_VM\b/],
    ['sev-es', /\bKVM_X86_SEV_ES_VM\b/],
    ['snp', /\bKVM_X86_SNP_VM\b/],
  ];
  for (const [type, name] of svm) if (tree(SEV) === null || !name.test(tree(UAPI) ?? '')) types.push(type);
  if (tree(TDX) === null || !/\bKVM_X86_TDX_VM\b/.test(tree(UAPI) ?? '')) types.push('tdx');
  return types;
}
