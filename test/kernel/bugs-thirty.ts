/**
 * Thirty seeded bugs, a line or two each, of the kinds that the domain's invariants guard against, each
 * with the invariants (or oracles) that it should break. Written from the kernel's source and the domain
 * specification alone.
 */
import type { Bug } from './edit';
import { ALL, GMEM, KVM_MAIN, LEFT_BEHIND, MMU, PRIVATE, TDP_MMU, TDX } from './places';

export const thirtyBugs: readonly Bug[] = [
  {
    id: 'b01-slot-delete-no-filter',
    title: 'KVM: x86/mmu: Drop the redundant filter from memslot deletion',
    wrong: 'A deletion asks for no kind of mapping, so no valid root is zapped and a private page stays mapped.',
    scenario: 'S02',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [{ find: '.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,', replace: '' }],
    breaks: [...LEFT_BEHIND, 'filter-selects-right-roots', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b02-slot-delete-shared-only',
    title: 'KVM: x86/mmu: Zap only shared mappings on memslot deletion',
    wrong: 'The private leaf of a deleted memslot stays in the mirror and in the S-EPT.',
    scenario: 'S02',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [{ find: 'KVM_FILTER_PRIVATE | KVM_FILTER_SHARED', replace: 'KVM_FILTER_SHARED' }],
    breaks: LEFT_BEHIND,
    vm: ['tdx'],
  },
  {
    id: 'b03-slot-delete-fast-zap-all-types',
    title: 'KVM: x86/mmu: Honor the "zap all" quirk for every VM type',
    wrong: "A TD's memslot is deleted by a fast zap, which leaves the mirror alone, so its private leaf stays.",
    scenario: 'S02',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [
      { find: 'kvm->arch.vm_type == KVM_X86_DEFAULT_VM && kvm_check_has_quirk', replace: 'kvm_check_has_quirk' },
    ],
    breaks: LEFT_BEHIND,
    vm: ['tdx'],
  },
  {
    id: 'b04-filter-private-to-direct',
    title: 'KVM: x86/mmu: Process direct roots for private ranges',
    wrong: 'A private range is zapped in the direct roots, and its mapping in the mirror stays.',
    scenario: 'S36',
    file: 'arch/x86/kvm/mmu/tdp_mmu.h',
    function: 'kvm_gfn_range_filter_to_root_types',
    changes: [{ find: 'KVM_MIRROR_ROOTS', replace: 'KVM_DIRECT_ROOTS' }],
    breaks: ['filter-selects-right-roots', 'unmap-before-convert', ...LEFT_BEHIND],
    vm: ['tdx'],
  },
  {
    id: 'b05-no-freeze',
    title: 'KVM: x86/mmu: Set mirror SPTEs with a single cmpxchg',
    wrong: 'The mirror shows a new entry before the S-EPT has it, so that another vCPU builds on it.',
    scenario: 'S17',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [
      {
        find: `if (is_mirror_sptep(iter->sptep)) ret = __tdp_mmu_set_spte_atomic(kvm, iter, FROZEN_SPTE); else
          ret = __tdp_mmu_set_spte_atomic`,
        replace: 'ret = __tdp_mmu_set_spte_atomic',
      },
    ],
    breaks: ['freeze-around-seamcall', 'mirror-sept-in-sync', 'parent-first-child-last'],
    vm: ['tdx'],
  },
  {
    id: 'b06-unfreeze-before-seamcall',
    title: 'KVM: x86/mmu: Shorten the time for which a mirror SPTE is frozen',
    wrong: 'The mirror entry is final while its SEAMCALL is still to come.',
    scenario: 'S17',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [
      { find: 'else __kvm_tdp_mmu_write_spte(iter->sptep, new_spte);', replace: '' },
      {
        find: 'ret = __handle_changed_spte',
        replace: `if (is_mirror_sptep(iter->sptep))
		__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);

	ret = __handle_changed_spte`,
      },
    ],
    breaks: ['freeze-around-seamcall', 'mirror-sept-in-sync', 'parent-first-child-last'],
    vm: ['tdx'],
  },
  {
    id: 'b07-no-restore-after-busy',
    title: 'KVM: x86/mmu: Write the mirror SPTE only if the external update succeeded',
    wrong: 'After BUSY the entry stays frozen for ever, and every fault on it retries for ever.',
    scenario: 'S17',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [
      {
        find: 'if (ret) __kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte); else',
        replace: 'if (!ret)',
      },
    ],
    breaks: ['frozen-is-transient', 'shared-failure-rolls-back'],
    vm: ['tdx'],
  },
  {
    id: 'b08-no-track',
    title: 'KVM: TDX: Rely on the later flush instead of tracking twice',
    wrong: 'The page is removed although running vCPUs may have its translation cached.',
    scenario: 'S12',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [{ find: 'tdx_track(kvm);', replace: '' }],
    breaks: ['block-track-remove-order', 'seamcall-refused'],
    vm: ['tdx'],
  },
  {
    id: 'b09-track-without-kick',
    title: 'KVM: TDX: Do not interrupt vCPUs after TDH.MEM.TRACK',
    wrong: 'The page is removed while vCPUs still run in the old epoch.',
    scenario: 'S11',
    file: TDX,
    function: 'tdx_track',
    changes: [{ find: 'kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);', replace: '' }],
    breaks: ['block-track-remove-order', 'track-then-kick-atomic', 'seamcall-refused'],
    vm: ['tdx'],
  },
  {
    id: 'b10-flag-cleared-before-retry',
    title: 'KVM: TDX: Let vCPUs back in as soon as they were kicked',
    wrong: 'A vCPU enters between the kick and the retry and makes the retry fail, too.',
    scenario: 'S10',
    file: TDX,
    function: 'tdh_do_no_vcpus',
    changes: [
      {
        find: '__err = tdh_func(args); WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, false);',
        replace: 'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, false);\t\t\\\n\t\t__err = tdh_func(args);\t\t\t\t',
      },
    ],
    breaks: ['no-entry-during-zap-retry', 'busy-handled-in-place', 'seamcall-refused'],
    vm: ['tdx'],
  },
  {
    id: 'b11-remove-returns-busy',
    title: 'KVM: TDX: Propagate "operand busy" when removing a page',
    wrong: 'A removal under the write lock that meets BUSY is reported up, where only a dead VM is left.',
    scenario: 'S10',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      {
        find: 'tdh_do_no_vcpus(tdh_mem_page_remove, kvm, &kvm_tdx->td, gpa, level, &entry, &level_state);',
        replace: `tdh_mem_page_remove(&kvm_tdx->td, gpa, level, &entry, &level_state);
	if (unlikely(tdx_operand_busy(err)))
		return -EBUSY;
`,
      },
    ],
    breaks: ['busy-handled-in-place', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'b12-seq-after-pfn',
    title: 'KVM: x86/mmu: Refresh the invalidation snapshot once the pfn is known',
    wrong: 'An invalidation between the first snapshot and the pfn goes unnoticed.',
    scenario: 'S06',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [
      {
        find: 'if (unlikely(is_error_pfn(fault->pfn)))',
        replace: `/* Resolving the pfn may have taken a while, avoid a needless retry. */
	fault->mmu_seq = kvm->mmu_invalidate_seq;
	smp_rmb();

	if (unlikely(is_error_pfn(fault->pfn)))`,
      },
    ],
    breaks: ['seq-recheck-under-lock', 'attr-read-after-seq', 'attr-match-at-install', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b13-attributes-before-seq',
    title: 'KVM: x86/mmu: Reject private/shared mismatches before anything else',
    wrong: 'A conversion between the check and the snapshot goes unnoticed.',
    scenario: 'S04',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [
      { find: 'fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq; smp_rmb();', replace: '' },
      {
        find: 'if (unlikely(!slot))',
        replace: `fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;
	smp_rmb();

	if (unlikely(!slot))`,
      },
    ],
    breaks: ['attr-read-after-seq', 'attr-match-at-install'],
    vm: PRIVATE,
  },
  {
    id: 'b14-stale-check-dropped',
    title: 'KVM: x86/mmu: Drop the third staleness check of a TDP fault',
    wrong: 'A fault installs what was invalidated after its pfn was looked up.',
    scenario: 'S05',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [
      { find: 'if (is_page_fault_stale(vcpu, fault)) goto out_unlock;', replace: '' },
      { find: 'out_unlock:', replace: '' },
    ],
    breaks: ['seq-recheck-under-lock', 'no-install-while-invalidating', 'attr-match-at-install', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b15-stale-check-before-lock',
    title: 'KVM: x86/mmu: Check for stale faults before contending mmu_lock',
    wrong: 'An invalidation between the check and the lock goes unnoticed.',
    scenario: 'S05',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [
      {
        find: 'read_lock(&vcpu->kvm->mmu_lock); if (is_page_fault_stale(vcpu, fault)) goto out_unlock;',
        replace: `if (is_page_fault_stale(vcpu, fault)) {
		kvm_mmu_finish_page_fault(vcpu, fault, r);
		return r;
	}

	read_lock(&vcpu->kvm->mmu_lock);`,
      },
      { find: 'out_unlock:', replace: '' },
    ],
    breaks: ['seq-recheck-under-lock', 'no-install-while-invalidating', 'unmap-before-free', 'lock-rule'],
    vm: ALL,
  },
  {
    id: 'b16-end-before-truncate',
    title: 'KVM: guest_memfd: End the invalidation before truncating',
    wrong: 'A fault gets the page again and maps it before it is truncated.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        find: `truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);
          kvm_gmem_invalidate_end(inode, start, end);`,
        replace: `kvm_gmem_invalidate_end(inode, start, end);

	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);`,
      },
    ],
    breaks: ['unmap-before-free'],
    vm: PRIVATE,
  },
  {
    id: 'b17-truncate-before-start',
    title: 'KVM: guest_memfd: Truncate before invalidating the mappings',
    wrong: 'The pages are free while the guest still has them mapped.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        find: `kvm_gmem_invalidate_start(inode, start, end);
          truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);`,
        replace: `truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);

	kvm_gmem_invalidate_start(inode, start, end);`,
      },
    ],
    breaks: ['unmap-before-free'],
    vm: PRIVATE,
  },
  {
    id: 'b18-range-add-narrower',
    title: 'KVM: Treat the end of the invalidated range as inclusive',
    wrong: 'Faults on the last page of a range are not held off while it is unmapped.',
    scenario: 'S13',
    file: KVM_MAIN,
    function: 'kvm_mmu_unmap_gfn_range',
    changes: [{ find: 'range->end', replace: 'range->end - 1' }],
    breaks: ['no-install-while-invalidating', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b19-seq-not-bumped',
    title: 'KVM: Drop the sequence bump from kvm_mmu_invalidate_end()',
    wrong: 'A fault that began before an invalidation and ends after it installs a stale page.',
    scenario: 'S05',
    file: KVM_MAIN,
    function: 'kvm_mmu_invalidate_end',
    changes: [{ find: 'kvm->mmu_invalidate_seq++; smp_wmb();', replace: '' }],
    breaks: ['end-bumps-seq-first', 'attr-match-at-install', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b20-unlock-leaked',
    title: 'KVM: x86/mmu: Return directly from a stale TDP fault',
    wrong: 'mmu_lock stays held for read after a stale fault.',
    scenario: 'S05',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [
      { find: 'goto out_unlock;', replace: 'return r;' },
      { find: 'out_unlock:', replace: '' },
    ],
    breaks: ['deadlock', 'lock-rule'],
    vm: ALL,
  },
  {
    id: 'b21-notifier-no-flush',
    title: 'KVM: Do not flush when an mmu_notifier invalidation starts',
    wrong: "The page is freed while a vCPU's TLB still maps it.",
    scenario: 'S13',
    file: KVM_MAIN,
    function: 'kvm_mmu_notifier_invalidate_range_start',
    changes: [{ find: '.flush_on_ret = true,', replace: '.flush_on_ret\t= false,' }],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b22-fast-zap-all-roots',
    title: 'KVM: x86/mmu: Invalidate all roots in the fast zap',
    wrong: 'A fast zap of a live TD removes its private memory.',
    scenario: 'S21',
    file: MMU,
    function: '__kvm_mmu_zap_all_fast_front_half',
    changes: [{ find: 'KVM_DIRECT_ROOTS', replace: 'KVM_ALL_ROOTS' }],
    breaks: ['fast-zap-spares-mirror', 'td-root-immutable', 'private-remove-exclusive', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b23-notifier-both-filters',
    title: 'KVM: Unmap private and shared mappings from mmu_notifiers',
    wrong: 'Memory management of the host zaps private memory.',
    scenario: 'S36',
    file: KVM_MAIN,
    function: 'kvm_handle_hva_range',
    changes: [{ find: 'KVM_FILTER_SHARED', replace: 'KVM_FILTER_SHARED | KVM_FILTER_PRIVATE' }],
    breaks: ['notifier-shared-only', 'td-zap-only-requested', 'accepted-data-preserved'],
    vm: ['tdx'],
  },
  {
    id: 'b24-store-before-unmap',
    title: 'KVM: Store memory attributes before unmapping the range',
    wrong: 'Between the store and the zap the guest uses the mapping of the old kind.',
    scenario: 'S04',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [
      { find: 'kvm_handle_gfn_range(kvm, &pre_set_range);', replace: '' },
      {
        find: 'kvm_handle_gfn_range(kvm, &post_set_range);',
        replace: 'kvm_handle_gfn_range(kvm, &pre_set_range);\n\tkvm_handle_gfn_range(kvm, &post_set_range);',
      },
    ],
    breaks: ['unmap-before-convert', 'attr-match-at-install'],
    vm: PRIVATE,
  },
  {
    id: 'b25-unmap-skips-invalid-roots',
    title: 'KVM: x86/mmu: Leave invalid roots to whoever invalidated them',
    wrong: 'A page is freed while a vCPU still runs on an invalid root that maps it.',
    scenario: 'S33',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_unmap_gfn_range',
    changes: [{ find: 'range->attr_filter) | KVM_INVALID_ROOTS', replace: 'range->attr_filter)' }],
    breaks: ['unmap-covers-invalid-roots', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b26-failed-removal-ignored',
    title: 'KVM: TDX: Do not bug the VM if TDH.MEM.PAGE.REMOVE fails',
    wrong: 'A page that the TDX module refused to give up is treated as free.',
    scenario: 'S12',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      {
        find: 'if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_REMOVE, entry, level_state, kvm)) return -EIO;',
        replace: `if (err) {
		pr_err_ratelimited("TDH.MEM.PAGE.REMOVE failed: 0x%llx\\n", err);
		return 0;
	}`,
      },
    ],
    breaks: ['exclusive-failure-is-fatal', 'mirror-sept-in-sync', 'unmap-before-free'],
    vm: ['tdx'],
  },
  {
    id: 'b27-zap-range-gate-dropped',
    title: 'KVM: x86: Always zap when non-coherent DMA starts or stops',
    wrong: 'A device with non-coherent DMA makes a TD lose its private memory.',
    scenario: 'S09',
    file: 'arch/x86/kvm/x86.c',
    function: 'kvm_noncoherent_dma_assignment_start_or_stop',
    changes: [
      {
        find: 'if (kvm_check_has_quirk(kvm, KVM_X86_QUIRK_IGNORE_GUEST_PAT)) kvm_zap_gfn_range',
        replace: 'kvm_zap_gfn_range',
      },
    ],
    breaks: ['no-zap-gfn-range-on-td', 'td-zap-only-requested', 'accepted-data-preserved'],
    vm: ['tdx'],
  },
  {
    id: 'b28-attributes-unmap-widened',
    title: 'KVM: x86/mmu: Unmap whole 2MiB ranges when attributes change',
    wrong: 'A conversion of one page takes its private neighbours away.',
    scenario: 'S03',
    file: MMU,
    function: 'kvm_arch_pre_set_memory_attributes',
    changes: [
      {
        find: 'return kvm_unmap_gfn_range(kvm, range);',
        replace: `range->start = gfn_round_for_level(range->start, PG_LEVEL_2M);
	range->end = gfn_round_for_level(range->end + KVM_PAGES_PER_HPAGE(PG_LEVEL_2M) - 1,
					 PG_LEVEL_2M);

	return kvm_unmap_gfn_range(kvm, range);`,
      },
    ],
    breaks: ['td-zap-only-requested', 'accepted-data-preserved'],
    vm: ['tdx'],
  },
  {
    id: 'b29-private-fault-from-hva',
    title: 'KVM: x86/mmu: Use guest_memfd only for memslots without a userspace mapping',
    wrong: 'Private memory is taken from the user mapping.',
    file: MMU,
    function: '__kvm_mmu_faultin_pfn',
    changes: [{ find: '(fault->is_private || kvm_memslot_is_gmem_only', replace: '(kvm_memslot_is_gmem_only' }],
    breaks: ['pfn-not-private-and-shared', 'mapping-has-binding'],
    vm: PRIVATE,
  },
  {
    id: 'b30-attributes-never-end',
    title: 'KVM: Use a null on_lock for the second walk of an attribute change',
    wrong: 'An attribute change never ends its invalidation, so faults in the range retry for ever.',
    scenario: 'S04',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [{ find: 'kvm_mmu_invalidate_end', replace: '(void *)kvm_null_fn' }],
    breaks: ['invalidate-balanced', 'fault-progress'],
    vm: PRIVATE,
  },
];
