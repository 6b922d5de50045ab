/** Mutations for the situations S28 to S42, for failures that are injected, and for what they brought along. */

import { at, edit, type Mutation, mutation } from './mutation';

const PLAIN_STORE = edit(
  'mmu.c',
  '	if (!try_cmpxchg64(sptep, &old_spte, new_spte))\n		return false;\n\n',
  '	if (READ_ONCE(*sptep) != old_spte)\n		return false;\n\n	WRITE_ONCE(*sptep, new_spte);\n\n',
);

const build: Mutation[] = [
  mutation(
    'the source page stays recorded after a failure',
    edit(
      'tdx.c',
      '	kvm_tdx->page_add_src = NULL;\n\n	if (ret ||',
      '	if (!ret)\n		kvm_tdx->page_add_src = NULL;\n\n	if (ret ||',
    ),
    at('S31', 'tdx', 'kernel-bug', 0),
  ),
  mutation(
    'user pages are faulted in under the invalidate lock',
    [
      edit(
        'guest_memfd.c',
        '	/* keeps the page in the file until it is mapped */\n	filemap_invalidate_lock(file->f_mapping);\n',
        '',
      ),
      edit(
        'guest_memfd.c',
        '		/* The source is found before the invalidate lock is taken: it may have to be faulted in. */\n',
        '		filemap_invalidate_lock(file->f_mapping);\n',
      ),
    ],
    at('S31', 'tdx', 'no-lock-cycle', 0),
  ),
  mutation(
    'populate does not look at the attribute',
    edit(
      'guest_memfd.c',
      '		ret = -EINVAL;\n		goto out_put_folio;\n	}\n\n	ret = post_populate',
      '		ret = 0;\n	}\n\n	ret = post_populate',
    ),
    at('S31', 'tdx', 'attr-match-at-install', 0),
  ),
];

const refusals: Mutation[] = [
  mutation(
    'a refused removal is taken for done',
    edit(
      'tdx.c',
      '	if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_REMOVE, entry, level_state, kvm))\n		return -EIO;',
      '	if (err)\n		return 0;',
    ),
    at('S32', 'tdx', 'exclusive-failure-is-fatal unmap-before-free', 0),
  ),
  mutation(
    'the local retry does not look whether the VM is dead',
    edit(
      'tdx.c',
      '		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {\n			ret = -EIO;\n			break;\n		}\n\n		/* the update',
      '		/* the update',
    ),
    at('S32', 'tdx', 'livelock'),
  ),
  mutation(
    'a fault on a page that was not accepted is handled like others',
    edit('tdx.c', 'if (tdx_is_sept_violation_unexpected_pending(vcpu)) {', 'if (0) {'),
    at('S38', 'tdx', 'livelock', 0),
  ),
];

const slots: Mutation[] = [
  mutation(
    'memslots with a guest_memfd may log dirty pages',
    [
      edit('kvm_main.c', '		valid_flags &= ~KVM_MEM_LOG_DIRTY_PAGES;\n', '		valid_flags |= 0;\n'),
      edit(
        'kvm_main.c',
        '		/* private memory: neither moved nor changed */\n		if (mem->flags & KVM_MEM_GUEST_MEMFD)\n			return -EINVAL;\n',
        '',
      ),
    ],
    at('S30', 'tdx', 'gmem-slot-restricted', 0),
    at('S30', 'sw-protected', 'gmem-slot-restricted', 0),
  ),
  mutation(
    'bindings may overlap',
    edit('guest_memfd.c', '	if (!xa_empty(&f->bindings) &&\n', '	if (0 && !xa_empty(&f->bindings) &&\n'),
    at('S35', 'sw-protected', 'pfn-one-private-owner'),
    at('S35', 'snp', 'pfn-one-private-owner snp-assign-before-map livelock'),
    at('S35', 'tdx', 'seamcall-refused'),
  ),
  mutation(
    'a refused binding leaves the invalidate lock held',
    edit(
      'guest_memfd.c',
      '		filemap_invalidate_unlock(inode->i_mapping);\n		return -EEXIST;',
      '		return -EEXIST;',
    ),
    at('S35', 'sw-protected', 'lock-rule', 0),
  ),
  mutation(
    'memslots may lie where gfns have the shared bit',
    edit('edge/x86_vm.c', 'if (kvm_is_gfn_alias(kvm, new->base_gfn + new->npages - 1))', 'if (0)'),
    at('S35', 'tdx', 'pfn-one-private-owner', 0),
  ),
];

const roots: Mutation[] = [
  mutation(
    'a fault does not ask whether its root is obsolete',
    edit('mmu.c', '	if (sp && is_obsolete_sp(vcpu->kvm, sp))\n		return true;\n\n	if (!sp', '	if (!sp'),
    at('S21', 'default', 'seq-recheck-under-lock'),
  ),
  mutation(
    'roots are not looked for again under the lock',
    edit(
      'tdp_mmu.c',
      '		if (root->role.word == role.word &&\n		    !WARN_ON_ONCE',
      '		if (0 && root->role.word == role.word &&\n		    !WARN_ON_ONCE',
    ),
    at('S41', 'tdx', 'td-root-immutable'),
  ),
  mutation(
    'references to roots are taken unconditionally',
    edit(
      'tdp_mmu.h',
      '	return refcount_inc_not_zero(&root->tdp_mmu_root_count);',
      '	refcount_inc(&root->tdp_mmu_root_count);\n	return true;',
    ),
    at('S42', 'default', 'kernel-warning'),
  ),
  mutation(
    'the walk goes on after a yield as if there had been none',
    edit(
      'tdp_iter.c',
      '		tdp_iter_restart(iter);\n		return;',
      '		iter->yielded = false;\n		iter->yielded_gfn = iter->next_last_level_gfn;',
    ),
    at('S40', 'default', 'unmap-before-free', 0),
  ),
  mutation(
    'mmu_lock is dropped for a yield with a flush pending',
    edit(
      'tdp_mmu.c',
      'tdp_mmu_iter_cond_resched(kvm, &iter, flush, false))',
      'tdp_mmu_iter_cond_resched(kvm, &iter, false, false))',
    ),
    at('S40', 'default', 'flush-before-unlock'),
  ),
  mutation(
    'a vCPU takes no reference to a root that another has made meanwhile',
    edit(
      'tdp_mmu.c',
      'root->role.word == role.word &&\n		    !WARN_ON_ONCE(!kvm_tdp_mmu_get_root(root)))\n			goto out_spin_unlock;',
      'root->role.word == role.word)\n			goto out_spin_unlock;',
    ),
    at('S41', 'default', 'root-refcount-sound', 2),
  ),
  mutation('the fast path of a fault stores without comparing', PLAIN_STORE, at('S28', 'default', 'unmap-before-free')),
];

const teardown: Mutation[] = [
  mutation(
    'the notifier is unregistered after the MMU is gone',
    [
      edit('kvm_main.c', '	mmu_notifier_unregister(&kvm->mmu_notifier, mm);\n', ''),
      edit(
        'kvm_main.c',
        '		WARN_ON(kvm->mmu_invalidate_in_progress);\n	kvm_arch_destroy_vm(kvm);\n',
        '		WARN_ON(kvm->mmu_invalidate_in_progress);\n	kvm_arch_destroy_vm(kvm);\n	mmu_notifier_unregister(&kvm->mmu_notifier, mm);\n',
      ),
    ],
    at('S19', 'default', 'destroy-notifier-first', 0),
  ),
  mutation(
    'the NX worker is stopped after the MMU is gone',
    [
      edit('edge/x86_vm.c', '	kvm_mmu_pre_destroy_vm(kvm);\n\n	kvm_x86_call', '	kvm_x86_call'),
      edit(
        'edge/x86_vm.c',
        '	kvm_mmu_uninit_vm(kvm);\n	kvm_x86_call',
        '	kvm_mmu_uninit_vm(kvm);\n	kvm_mmu_pre_destroy_vm(kvm);\n	kvm_x86_call',
      ),
    ],
    at('S19', 'default', 'destroy-notifier-first', 0),
  ),
  mutation(
    'vCPUs are not flushed before VPFLUSHDONE',
    edit(
      'tdx.c',
      '	kvm_for_each_vcpu(j, vcpu, kvm)\n		tdx_flush_vp_on_cpu(vcpu);\n',
      '	kvm_for_each_vcpu(j, vcpu, kvm)\n		(void)vcpu;\n',
    ),
    at('S19', 'tdx', 'hkid-release-order', 0),
  ),
];

/** What needs no race, only that one thing follows another. */
const sequences: Mutation[] = [
  mutation(
    'another reference to the mirror root is taken with each direct root',
    edit(
      'mmu.c',
      '		if (kvm_has_mirrored_tdp(vcpu->kvm) &&\n		    !VALID_PAGE(mmu->mirror_root_hpa))\n',
      '		if (kvm_has_mirrored_tdp(vcpu->kvm))\n',
    ),
    at('S47', 'tdx', 'kernel-warning', 0),
  ),
  mutation(
    'a page that is there is mapped again by a prefault',
    edit(
      'tdp_mmu.c',
      '		WARN_ON_ONCE(fault->pfn != spte_to_pfn(iter->old_spte));\n		return RET_PF_SPURIOUS;\n',
      '		WARN_ON_ONCE(fault->pfn != spte_to_pfn(iter->old_spte));\n',
    ),
    at('S47', 'tdx', 'mirror-sept-in-sync', 0),
  ),
];

const invalidations: Mutation[] = [
  mutation(
    'the sequence is not looked at while an invalidation is under way',
    edit(
      'kvm_host.h',
      '		if (gfn >= kvm->mmu_invalidate_range_start &&\n		    gfn < kvm->mmu_invalidate_range_end)\n			return 1;\n	}\n\n	if (kvm->mmu_invalidate_seq',
      '		return gfn >= kvm->mmu_invalidate_range_start &&\n		    gfn < kvm->mmu_invalidate_range_end;\n	}\n\n	if (kvm->mmu_invalidate_seq',
    ),
    at('S44', 'default', 'seq-recheck-under-lock unmap-before-free'),
  ),
  mutation(
    'an invalidation forgets the range of the one that is under way',
    edit('kvm_main.c', '	if (likely(kvm->mmu_invalidate_in_progress == 1)) {', '	{'),
    at('S44', 'default', 'unmap-before-free'),
  ),
];

/** By the part of KVM that they are about. */
export const later: Readonly<Record<string, readonly Mutation[]>> = {
  'build of a TD': build,
  'what the TDX module refuses': refusals,
  memslots: slots,
  roots,
  teardown,
  sequences,
  'invalidations at once': invalidations,
};
