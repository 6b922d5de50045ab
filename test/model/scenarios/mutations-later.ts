/** Mutations for the situations S28 to S42, for failures that are injected, and for what they brought along. */

import { at, edit, type Mutation } from './mutation';

const PLAIN_STORE = edit(
  'mmu.c',
  '	if (!try_cmpxchg64(sptep, &old_spte, new_spte))\n		return false;\n\n	return true;',
  '	if (READ_ONCE(*sptep) != old_spte)\n		return false;\n\n	WRITE_ONCE(*sptep, new_spte);\n	return true;',
);

const build: Mutation[] = [
  {
    title: 'the source page stays recorded after a failure',
    edits: [
      edit(
        'tdx.c',
        '	kvm_tdx->page_add_src = NULL;\n\n	if (ret ||',
        '	if (!ret)\n		kvm_tdx->page_add_src = NULL;\n\n	if (ret ||',
      ),
    ],
    found: [at('S31', 'tdx', 'kernel-bug', 0)],
  },
  {
    title: 'user pages are faulted in under the invalidate lock',
    edits: [
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
    found: [at('S31', 'tdx', 'no-lock-cycle', 0)],
  },
  {
    title: 'populate does not look at the attribute',
    edits: [
      edit(
        'guest_memfd.c',
        '		ret = -EINVAL;\n		goto out_put_folio;\n	}\n\n	ret = post_populate',
        '		ret = 0;\n	}\n\n	ret = post_populate',
      ),
    ],
    found: [at('S31', 'tdx', 'attr-match-at-install', 0)],
  },
];

const refusals: Mutation[] = [
  {
    title: 'a refused removal is taken for done',
    edits: [
      edit(
        'tdx.c',
        '	if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_REMOVE, entry, level_state, kvm))\n		return -EIO;',
        '	if (err)\n		return 0;',
      ),
    ],
    found: [at('S32', 'tdx', 'exclusive-failure-is-fatal unmap-before-free', 0)],
  },
  {
    title: 'the local retry does not look whether the VM is dead',
    edits: [
      edit(
        'tdx.c',
        '		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {\n			ret = -EIO;\n			break;\n		}\n\n		/* the update',
        '		/* the update',
      ),
    ],
    found: [at('S32', 'tdx', 'livelock')],
  },
  {
    title: 'a fault on a page that was not accepted is handled like others',
    edits: [edit('tdx.c', 'if (tdx_is_sept_violation_unexpected_pending(vcpu)) {', 'if (0) {')],
    found: [at('S38', 'tdx', 'livelock', 0)],
  },
];

const slots: Mutation[] = [
  {
    title: 'memslots with a guest_memfd may log dirty pages',
    edits: [
      edit('kvm_main.c', '		valid_flags &= ~KVM_MEM_LOG_DIRTY_PAGES;\n', '		valid_flags |= 0;\n'),
      edit(
        'kvm_main.c',
        '		/* private memory: neither moved nor changed */\n		if (mem->flags & KVM_MEM_GUEST_MEMFD)\n			return -EINVAL;\n',
        '',
      ),
    ],
    found: [at('S30', 'tdx', 'gmem-slot-restricted', 0), at('S30', 'sw-protected', 'gmem-slot-restricted', 0)],
  },
  {
    title: 'bindings may overlap',
    edits: [edit('guest_memfd.c', '	if (!xa_empty(&f->bindings) &&\n', '	if (0 && !xa_empty(&f->bindings) &&\n')],
    found: [
      at('S35', 'sw-protected', 'pfn-one-private-owner'),
      at('S35', 'snp', 'pfn-one-private-owner snp-assign-before-map livelock'),
      at('S35', 'tdx', 'seamcall-refused'),
    ],
  },
  {
    title: 'a refused binding leaves the invalidate lock held',
    edits: [
      edit(
        'guest_memfd.c',
        '		filemap_invalidate_unlock(inode->i_mapping);\n		return -EEXIST;',
        '		return -EEXIST;',
      ),
    ],
    found: [at('S35', 'sw-protected', 'lock-rule', 0)],
  },
  {
    title: 'memslots may lie where gfns have the shared bit',
    edits: [edit('edge/x86_vm.c', 'if (kvm_is_gfn_alias(kvm, new->base_gfn + new->npages - 1))', 'if (0)')],
    found: [at('S35', 'tdx', 'pfn-one-private-owner', 0)],
  },
];

const roots: Mutation[] = [
  {
    title: 'a fault does not ask whether its root is obsolete',
    edits: [edit('mmu.c', '	if (sp && is_obsolete_sp(vcpu->kvm, sp))\n		return true;\n\n	if (!sp', '	if (!sp')],
    found: [at('S21', 'default', 'seq-recheck-under-lock')],
  },
  {
    title: 'roots are not looked for again under the lock',
    edits: [
      edit(
        'tdp_mmu.c',
        '		if (root->role.word == role.word &&\n		    !WARN_ON_ONCE',
        '		if (0 && root->role.word == role.word &&\n		    !WARN_ON_ONCE',
      ),
    ],
    found: [at('S41', 'tdx', 'td-root-immutable')],
  },
  {
    title: 'references to roots are taken unconditionally',
    edits: [
      edit(
        'tdp_mmu.h',
        '	return refcount_inc_not_zero(&root->tdp_mmu_root_count);',
        '	refcount_inc(&root->tdp_mmu_root_count);\n	return true;',
      ),
    ],
    found: [at('S42', 'default', 'kernel-warning')],
  },
  {
    title: 'the walk goes on after a yield as if there had been none',
    edits: [
      edit(
        'tdp_iter.c',
        '		tdp_iter_restart(iter);\n		return;',
        '		iter->yielded = false;\n		iter->yielded_gfn = iter->next_last_level_gfn;',
      ),
    ],
    found: [at('S40', 'default', 'unmap-before-free', 0)],
  },
  {
    title: 'mmu_lock is dropped for a yield with a flush pending',
    edits: [
      edit(
        'tdp_mmu.c',
        'tdp_mmu_iter_cond_resched(kvm, &iter, flush, false))',
        'tdp_mmu_iter_cond_resched(kvm, &iter, false, false))',
      ),
    ],
    found: [at('S40', 'default', 'flush-before-unlock')],
  },
  {
    title: 'the fast path of a fault stores without comparing',
    edits: [PLAIN_STORE],
    found: [at('S28', 'default', 'unmap-before-free')],
  },
];

const teardown: Mutation[] = [
  {
    title: 'the notifier is unregistered after the MMU is gone',
    edits: [
      edit('kvm_main.c', '	mmu_notifier_unregister(&kvm->mmu_notifier, mm);\n', ''),
      edit(
        'kvm_main.c',
        '		WARN_ON(kvm->mmu_invalidate_in_progress);\n	kvm_arch_destroy_vm(kvm);\n',
        '		WARN_ON(kvm->mmu_invalidate_in_progress);\n	kvm_arch_destroy_vm(kvm);\n	mmu_notifier_unregister(&kvm->mmu_notifier, mm);\n',
      ),
    ],
    found: [at('S19', 'default', 'destroy-notifier-first', 0)],
  },
  {
    title: 'the NX worker is stopped after the MMU is gone',
    edits: [
      edit('edge/x86_vm.c', '	kvm_mmu_pre_destroy_vm(kvm);\n\n	kvm_x86_call', '	kvm_x86_call'),
      edit(
        'edge/x86_vm.c',
        '	kvm_mmu_uninit_vm(kvm);\n	kvm_x86_call',
        '	kvm_mmu_uninit_vm(kvm);\n	kvm_mmu_pre_destroy_vm(kvm);\n	kvm_x86_call',
      ),
    ],
    found: [at('S19', 'default', 'destroy-notifier-first', 0)],
  },
  {
    title: 'vCPUs are not flushed before VPFLUSHDONE',
    edits: [
      edit(
        'tdx.c',
        '	kvm_for_each_vcpu(j, vcpu, kvm)\n		tdx_flush_vp_on_cpu(vcpu);\n',
        '	kvm_for_each_vcpu(j, vcpu, kvm)\n		(void)vcpu;\n',
      ),
    ],
    found: [at('S19', 'tdx', 'hkid-release-order', 0)],
  },
];

/** What needs no race, only that one thing follows another. */
const sequences: Mutation[] = [
  {
    title: 'another reference to the mirror root is taken with each direct root',
    edits: [
      edit(
        'mmu.c',
        '		if (kvm_has_mirrored_tdp(vcpu->kvm) &&\n		    !VALID_PAGE(mmu->mirror_root_hpa))\n',
        '		if (kvm_has_mirrored_tdp(vcpu->kvm))\n',
      ),
    ],
    found: [at('S47', 'tdx', 'kernel-warning', 0)],
  },
  {
    title: 'a page that is there is mapped again by a prefault',
    edits: [
      edit(
        'tdp_mmu.c',
        '		WARN_ON_ONCE(fault->pfn != spte_to_pfn(iter->old_spte));\n		return RET_PF_SPURIOUS;\n',
        '		WARN_ON_ONCE(fault->pfn != spte_to_pfn(iter->old_spte));\n',
      ),
    ],
    found: [at('S47', 'tdx', 'mirror-sept-in-sync', 0)],
  },
];

const invalidations: Mutation[] = [
  {
    title: 'the sequence is not looked at while an invalidation is under way',
    edits: [
      edit(
        'kvm_host.h',
        '		if (gfn >= kvm->mmu_invalidate_range_start &&\n		    gfn < kvm->mmu_invalidate_range_end)\n			return 1;\n	}\n\n	if (kvm->mmu_invalidate_seq',
        '		return gfn >= kvm->mmu_invalidate_range_start &&\n		    gfn < kvm->mmu_invalidate_range_end;\n	}\n\n	if (kvm->mmu_invalidate_seq',
      ),
    ],
    found: [at('S44', 'default', 'seq-recheck-under-lock unmap-before-free')],
  },
  {
    title: 'an invalidation forgets the range of the one that is under way',
    edits: [edit('kvm_main.c', '	if (likely(kvm->mmu_invalidate_in_progress == 1)) {', '	{')],
    found: [at('S44', 'default', 'unmap-before-free')],
  },
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
