/**
 * Seeded bugs of the TDP MMU: its roots, its iterator, how page tables are linked, removed and freed, and
 * when TLBs are flushed. Written from the kernel's source and the domain specification alone.
 */
import type { Bug } from './edit';
import { ALL, TDP_ITER, TDP_MMU } from './places';

export const tdpMmuBugs: readonly Bug[] = [
  {
    id: 'b31-busy-counts-as-fixed',
    title: 'KVM: x86/mmu: Return "ret" on all paths that follow the SPTE update',
    wrong:
      'A mapping that the TDX module refused with BUSY is reported as done, so the page is missing from the image.',
    scenario: 'S31',
    file: TDP_MMU,
    function: 'tdp_mmu_map_handle_target_level',
    changes: [
      {
        find: 'else if (tdp_mmu_set_spte_atomic(vcpu->kvm, iter, new_spte)) return RET_PF_RETRY;',
        replace: 'else if (tdp_mmu_set_spte_atomic(vcpu->kvm, iter, new_spte))\n\t\treturn ret;',
      },
    ],
    breaks: [
      'shared-failure-rolls-back',
      'add-before-final-aug-after',
      'fault-progress',
      'seamcall-refused',
      'kernel-bug',
    ],
    vm: ['tdx'],
  },
  {
    id: 'b32-link-failure-frees-twice',
    title: 'KVM: x86/mmu: Free an unused page table where linking it fails',
    wrong: 'A page table that lost the race to be linked is freed by the callee and by its caller.',
    scenario: 'S17',
    file: TDP_MMU,
    function: 'tdp_mmu_link_sp',
    changes: [
      {
        find: 'if (ret) return ret;',
        replace: 'if (ret) {\n\t\t\ttdp_mmu_free_unused_sp(sp);\n\t\t\treturn ret;\n\t\t}',
      },
    ],
    breaks: ['memory-safety', 'shared-failure-rolls-back'],
    vm: ALL,
  },
  {
    id: 'b33-new-root-count-one',
    title: 'KVM: x86/mmu: Let only vCPUs hold references to TDP MMU roots',
    wrong: 'A root starts without the reference of the TDP MMU, so the first vCPU to let go frees a valid root.',
    scenario: 'S19',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_alloc_root',
    changes: [
      { find: 'refcount_set(&root->tdp_mmu_root_count, 2);', replace: 'refcount_set(&root->tdp_mmu_root_count, 1);' },
    ],
    breaks: ['root-refcount-sound', 'kernel-bug', 'kernel-warning', 'memory-safety'],
    vm: ALL,
  },
  {
    id: 'b34-iterator-keeps-references',
    title: 'KVM: x86/mmu: Rely on RCU to keep the previous root of a walk alive',
    wrong: 'Every walk over the roots leaks a reference to each of them, so no root is ever freed.',
    scenario: 'S19',
    file: TDP_MMU,
    function: 'tdp_mmu_next_root',
    changes: [{ find: 'if (prev_root) kvm_tdp_mmu_put_root(kvm, prev_root);', replace: '' }],
    breaks: ['root-refcount-sound', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b35-unmap-stops-at-first-root',
    title: 'KVM: x86/mmu: Stop unmapping after the root of the address space was found',
    wrong: 'Invalid roots further down the list keep their mappings, and the reference to the first root leaks.',
    scenario: 'S33',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_unmap_gfn_range',
    changes: [
      {
        find: 'types) flush = tdp_mmu_zap_leafs(kvm, root, range->start, range->end, range->may_block, flush);',
        replace: `types) {
		flush = tdp_mmu_zap_leafs(kvm, root, range->start, range->end,
					  range->may_block, flush);

		/* Without a mirror there is one root per address space. */
		if (!kvm_has_mirrored_tdp(kvm))
			break;
	}`,
      },
    ],
    breaks: ['unmap-covers-invalid-roots', 'root-refcount-sound', 'unmap-before-free', 'kernel-warning'],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'b36-page-table-freed-at-once',
    title: 'KVM: x86/mmu: Free page tables as soon as they are unlinked',
    wrong: 'A page table is freed while another CPU still walks it.',
    scenario: 'S15',
    file: TDP_MMU,
    function: 'handle_removed_pt',
    changes: [
      {
        find: 'call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);',
        replace: 'tdp_mmu_free_sp_rcu_callback(&sp->rcu_head);',
      },
    ],
    breaks: ['pt-page-rcu-freed', 'memory-safety'],
    vm: ALL,
  },
  {
    id: 'b37-no-restart-after-yield',
    title: 'KVM: x86/mmu: Continue a walk where it yielded instead of at the root',
    wrong: 'After a yield the walk skips an entry, and goes on in tables that may have been freed meanwhile.',
    scenario: 'S33',
    file: TDP_ITER,
    function: 'tdp_iter_next',
    changes: [
      {
        find: 'tdp_iter_restart(iter); return;',
        replace: 'iter->yielded = false;\n\t\titer->yielded_gfn = iter->next_last_level_gfn;',
      },
    ],
    breaks: [
      'slot-delete-leaves-nothing',
      'unmap-before-free',
      'pt-page-rcu-freed',
      'memory-safety',
      'mapping-has-binding',
    ],
    vm: ALL,
  },
  {
    id: 'b38-walk-past-the-table',
    title: 'KVM: x86/mmu: Simplify the test for the last entry of a page table',
    wrong: 'A walk steps from the last entry of a table to what lies behind the page.',
    file: TDP_ITER,
    function: 'try_step_side',
    changes: [{ find: '(SPTE_ENT_PER_PAGE - 1)', replace: 'SPTE_ENT_PER_PAGE' }],
    breaks: ['memory-safety', 'kernel-warning', 'kernel-bug'],
    vm: ALL,
  },
  {
    id: 'b39-yield-with-pending-flush',
    title: 'KVM: x86/mmu: Rename "can_yield" and flush only once when zapping leafs',
    wrong: 'mmu_lock is dropped for a yield while zapped pages are still in TLBs.',
    scenario: 'S33',
    file: TDP_MMU,
    function: 'tdp_mmu_zap_leafs',
    changes: [
      {
        find: 'tdp_mmu_iter_cond_resched(kvm, &iter, flush, false)) { flush = false; continue; }',
        replace: 'tdp_mmu_iter_cond_resched(kvm, &iter, false, false))\n\t\t\tcontinue;',
      },
      { rename: 'can_yield', to: 'may_yield' },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b40-flush-of-last-root-only',
    title: 'KVM: x86/mmu: Start each root of an unmap with a clean "flush"',
    wrong: 'A later root that had nothing to zap makes KVM forget the flush that an earlier one needs.',
    scenario: 'S33',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_unmap_gfn_range',
    changes: [{ find: 'range->may_block, flush);', replace: 'range->may_block, false);' }],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b41-zap-all-takes-the-mirror',
    title: 'KVM: x86/mmu: Use the plain root iterator in kvm_tdp_mmu_zap_all()',
    wrong: "The exit of the VMM's address space zaps the mirror of a TD that others still hold.",
    scenario: 'S20',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_zap_all',
    changes: [
      {
        find: '__for_each_tdp_mmu_root_yield_safe(kvm, root, -1, KVM_DIRECT_ROOTS | KVM_INVALID_ROOTS)',
        replace: 'for_each_tdp_mmu_root_yield_safe(kvm, root)',
      },
    ],
    breaks: [
      'notifier-shared-only',
      'td-nonleaf-immortal',
      'td-zap-only-requested',
      'accepted-data-preserved',
      'kernel-bug',
    ],
    vm: ['tdx'],
  },
  {
    id: 'b42-uninit-forgets-the-mirror',
    title: 'KVM: x86/mmu: Invalidate the same roots on destruction as in the fast zap',
    wrong: 'The mirror root of a dying TD is never zapped, so its S-EPT pages are not reclaimed before the TDR.',
    scenario: 'S19',
    file: TDP_MMU,
    function: 'kvm_mmu_uninit_tdp_mmu',
    changes: [{ find: 'KVM_VALID_ROOTS', replace: 'KVM_DIRECT_ROOTS' }],
    breaks: ['root-refcount-sound', 'hkid-release-order', 'kernel-warning', 'seamcall-refused'],
    vm: ['tdx'],
  },
  {
    id: 'b43-mirror-role-set-late',
    title: 'KVM: x86/mmu: Set is_mirror only when a mirror root is created',
    wrong: "The second vCPU's search for the mirror root finds the direct root and uses it for private memory.",
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_alloc_root',
    changes: [
      { find: 'if (mirror) role.is_mirror = true;', replace: '' },
      {
        find: 'root = tdp_mmu_alloc_sp(vcpu);',
        replace: 'if (mirror)\n\t\trole.is_mirror = true;\n\n\troot = tdp_mmu_alloc_sp(vcpu);',
      },
    ],
    breaks: ['td-root-immutable', 'mirror-sept-in-sync', 'pfn-not-private-and-shared', 'kernel-warning', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'b44-roots-not-searched-again',
    title: 'KVM: x86/mmu: Drop the second search for an existing root',
    wrong: 'Two vCPUs that load at the same time create two mirror roots, and the S-EPT can follow only one.',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_alloc_root',
    changes: [
      {
        find: `list_for_each_entry(root, &kvm->arch.tdp_mmu_roots, link) {
          if (root->role.word == role.word && !WARN_ON_ONCE(!kvm_tdp_mmu_get_root(root))) goto out_spin_unlock; }`,
        replace: '',
      },
      { find: 'out_spin_unlock:', replace: '' },
    ],
    breaks: ['td-root-immutable', 'mirror-sept-in-sync', 'parent-first-child-last', 'seamcall-refused', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'b45-reference-to-a-dead-root',
    title: 'KVM: x86/mmu: Take references to roots unconditionally',
    wrong: 'A walk revives a root whose last reference was just put and which is about to be freed.',
    scenario: 'S33',
    file: 'arch/x86/kvm/mmu/tdp_mmu.h',
    function: 'kvm_tdp_mmu_get_root',
    changes: [
      {
        find: 'return refcount_inc_not_zero(&root->tdp_mmu_root_count);',
        replace:
          '/* Roots on the list have at least one reference. */\n\trefcount_inc(&root->tdp_mmu_root_count);\n\treturn true;',
      },
    ],
    breaks: ['root-refcount-sound', 'kernel-warning', 'memory-safety'],
    vm: ALL,
  },
  {
    id: 'b46-frozen-not-checked',
    title: 'KVM: x86/mmu: Let the cmpxchg detect frozen SPTEs',
    wrong: "A fault overwrites an entry that another vCPU has frozen and builds on a table that isn't there yet.",
    scenario: 'S17',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_map',
    changes: [{ find: 'if (is_frozen_spte(iter.old_spte)) goto retry;', replace: '' }],
    breaks: [
      'frozen-is-transient',
      'freeze-around-seamcall',
      'mirror-sept-in-sync',
      'parent-first-child-last',
      'kernel-warning',
    ],
    vm: ALL,
  },
  {
    id: 'b47-rcu-section-leaked',
    title: 'KVM: x86/mmu: Return at once when a fault meets a frozen SPTE',
    wrong: 'The RCU read-side section of a fault is never left.',
    scenario: 'S17',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_map',
    changes: [
      {
        find: 'if (is_frozen_spte(iter.old_spte)) goto retry;',
        replace: 'if (is_frozen_spte(iter.old_spte))\n\t\t\treturn RET_PF_RETRY;',
      },
    ],
    breaks: ['lock-rule', 'deadlock', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b48-map-without-rcu',
    title: 'KVM: x86/mmu: Drop the RCU section from the fault path, mmu_lock is held',
    wrong: 'Another holder of mmu_lock for read removes a table and RCU frees it under the walk.',
    scenario: 'S15',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_map',
    changes: [
      { find: 'rcu_read_lock();', replace: '' },
      { find: 'rcu_read_unlock();', replace: '' },
    ],
    breaks: ['pt-page-rcu-freed', 'memory-safety', 'lock-rule', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b49-child-gfn-not-rounded',
    title: 'KVM: x86/mmu: Record the faulting gfn in new page tables',
    wrong: 'The gfn of a page table is not that of its first entry, so the wrong gfns are removed with it.',
    file: TDP_MMU,
    function: 'tdp_mmu_init_child_sp',
    changes: [{ find: 'iter->gfn, role', replace: 'iter->next_last_level_gfn, role' }],
    breaks: ['kernel-bug', 'kernel-warning', 'mirror-sept-in-sync', 'memory-safety'],
    vm: ALL,
  },
  {
    id: 'b50-present-leaf-made-again',
    title: 'KVM: x86/mmu: Let make_spte() find out whether a fault is spurious',
    wrong: 'A prefault of a mapped private page rewrites its entry, which removes the page from the S-EPT.',
    file: TDP_MMU,
    function: 'tdp_mmu_map_handle_target_level',
    changes: [
      {
        find: `if (is_shadow_present_pte(iter->old_spte) &&
          (fault->prefetch || !spte_permission_fault(mmu, iter->old_spte, fault)) &&
          is_last_spte(iter->old_spte, iter->level)) {
          WARN_ON_ONCE(fault->pfn != spte_to_pfn(iter->old_spte)); return RET_PF_SPURIOUS; }`,
        replace: '',
      },
      { find: 'struct kvm_mmu *mmu = vcpu->arch.mmu;', replace: '' },
    ],
    breaks: [
      'private-remove-exclusive',
      'td-zap-only-requested',
      'accepted-data-preserved',
      'mirror-sept-in-sync',
      'lock-rule',
      'kernel-warning',
    ],
    vm: ['tdx'],
  },
  {
    id: 'b145-empty-entries-left',
    title: 'KVM: x86/mmu: Skip empty SPTEs of a page table that goes away',
    wrong: 'A fault fills an entry of the table after it was looked at, and the mapping goes with the table.',
    scenario: 'S15',
    file: TDP_MMU,
    function: 'handle_removed_pt',
    changes: [
      {
        find: 'if (shared) {',
        replace: 'if (!is_shadow_present_pte(kvm_tdp_mmu_read_spte(sptep)))\n\t\t\tcontinue;\n\n\t\tif (shared) {',
      },
    ],
    breaks: ['freed-table-maps-nothing'],
    vm: ['default', 'sw-protected'],
  },
];
