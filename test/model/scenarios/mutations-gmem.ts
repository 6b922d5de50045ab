/** Mutations of what stands between guest_memfd, memslots and faults: S07, S08, S24, S27, S37 and S58. */

import { at, edit, type Mutation, mutation } from './mutation';

const COMMIT = 'if (change == KVM_MR_CREATE && (new->flags & KVM_MEM_GUEST_MEMFD)) {';
const PREPARE = '	r = kvm_prepare_memory_region(kvm, old, new, change);\n';

const binding: Mutation[] = [
  mutation(
    'a memslot is bound before its metadata are there',
    [
      edit('kvm_main.c', COMMIT, 'if (0) {'),
      edit(
        'kvm_main.c',
        PREPARE,
        `	${COMMIT}\n		r = kvm_gmem_commit_memory_region(kvm, new);\n		if (r)\n			goto err;\n	}\n\n${PREPARE}`,
      ),
    ],
    at('S27', 'sw-protected', 'gmem-binding-safe', 0),
    at('S27', 'tdx', 'gmem-binding-safe', 0),
  ),
  mutation(
    'a memslot is bound after faults can find it',
    [
      edit('kvm_main.c', COMMIT, 'if (0) {'),
      edit(
        'kvm_main.c',
        '	if (change == KVM_MR_CREATE)\n		kvm_create_memslot(kvm, new);\n',
        '	if (change == KVM_MR_CREATE) {\n		kvm_create_memslot(kvm, new);\n		if (new->flags & KVM_MEM_GUEST_MEMFD)\n			kvm_gmem_commit_memory_region(kvm, new);\n	}\n',
      ),
    ],
    at('S27', 'sw-protected', 'gmem-binding-safe', 0),
    at('S27', 'tdx', 'gmem-binding-safe', 0),
  ),
];

const NO_UNMAP = edit('guest_memfd.c', '		flush |= kvm_mmu_unmap_gfn_range(kvm, &gfn_range);\n', '');

const shared: Mutation[] = [
  mutation(
    'a hole punch does not unmap what is shared',
    NO_UNMAP,
    at('S58', 'default', 'unmap-before-free', 0),
    at('S58', 'sw-protected', 'unmap-before-free', 0),
  ),
  mutation(
    'a fault on shared memory of a guest_memfd is never late',
    edit('mmu.c', '	return fault->slot &&\n', '	return fault->slot && !kvm_memslot_is_gmem_only(fault->slot) &&\n'),
    ...(['default', 'sw-protected'] as const).map((vm) => at('S58', vm, 'seq-recheck-under-lock unmap-before-free')),
  ),
];

const refill: Mutation[] = [
  mutation(
    'a hole punch does not unmap',
    NO_UNMAP,
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S37', vm, 'unmap-before-free kernel-warning', 0)),
  ),
  mutation(
    'a hole punch does not unmap, and a fault maps over what it finds',
    [
      NO_UNMAP,
      edit(
        'tdp_mmu.c',
        '	    is_last_spte(iter->old_spte, iter->level)) {\n		WARN_ON_ONCE(fault->pfn',
        '	    0) {\n		WARN_ON_ONCE(fault->pfn',
      ),
    ],
    at('S37', 'sw-protected', 'leaf-pfn-stable kernel-bug', 0),
  ),
  mutation(
    'a fault does not look for an invalidation under mmu_lock',
    edit(
      'mmu.c',
      '	return fault->slot &&\n	       mmu_invalidate_retry_gfn(vcpu->kvm, fault->mmu_seq, fault->gfn);',
      '	return false;',
    ),
    at('S37', 'sw-protected', 'seq-recheck-under-lock kernel-warning'),
    at('S37', 'sw-protected', 'seq-recheck-under-lock unmap-before-free', 2),
    at('S37', 'tdx', 'seq-recheck-under-lock kernel-warning'),
  ),
];

const REFUSE = '	WARN_ON_ONCE(1);\n	return -EINVAL;\n}\n\nstatic int kvm_gmem_error_folio';

const migration: Mutation[] = [
  mutation(
    'a private page is copied and freed',
    edit(
      'guest_memfd.c',
      REFUSE,
      '	return filemap_migrate_folio(mapping, dst, src, mode);\n}\n\nstatic int kvm_gmem_error_folio',
    ),
    at('S08', 'sw-protected', 'unmap-before-free', 0),
    at('S08', 'snp', 'private-pages-not-migrated unmap-before-free snp-unassign-before-free', 0),
    at('S08', 'tdx', 'private-pages-not-migrated unmap-before-free', 0),
  ),
];

const mapping: Mutation[] = [
  mutation(
    'user space gets pages of private memory',
    edit('guest_memfd.c', '	if (!kvm_gmem_is_shared_mem(inode, vmf->pgoff))\n		return VM_FAULT_SIGBUS;\n\n', ''),
    at('S07', 'sw-protected', 'pfn-not-private-and-shared', 0),
    at('S07', 'tdx', 'pfn-not-private-and-shared', 0),
  ),
  mutation(
    'VMs with private memory get a guest_memfd for user space',
    edit('edge/x86_vm.c', '	return !kvm_arch_has_private_mem(kvm);', '	return true;'),
    at('S07', 'sw-protected', 'pfn-not-private-and-shared', 0),
    at('S07', 'tdx', 'pfn-not-private-and-shared', 0),
  ),
];

const NO_SLOT = '	if (unlikely(!slot))\n		return kvm_handle_noslot_fault(vcpu, fault, access);\n';

const generations: Mutation[] = [
  mutation(
    'a fault that found no memslot looks again after it compared its kind',
    edit(
      'mmu.c',
      NO_SLOT,
      `	if (unlikely(!slot)) {
		slot = fault->slot = kvm_vcpu_gfn_to_memslot(vcpu, fault->gfn);
		if (!slot)
			return kvm_handle_noslot_fault(vcpu, fault, access);
	}
`,
    ),
    at('S24', 'sw-protected', 'attr-match-at-install', 2),
    at('S24', 'tdx', 'attr-match-at-install', 2),
  ),
];

/** By the part of KVM that they are about. */
export const gmem: Readonly<Record<string, readonly Mutation[]>> = {
  'memory that is shared and comes from a guest_memfd': shared,
  'binding of memslots': binding,
  'holes that are filled again': refill,
  'migration of private memory': migration,
  'guest_memfd in user space': mapping,
  'memslots where none was': generations,
};
