/**
 * Seeded bugs of common code, guest_memfd and the MMU. Written, with those of bugs-trial-firmware.ts, for a
 * trial of the whole by somebody who knew the kernel's source and nothing of the model.
 */
import type { Bug } from './edit';
import { ALL, GMEM, KVM_MAIN, MMU, PRIVATE, TDP_MMU } from './places';

const KVM_HOST = 'include/linux/kvm_host.h';
const SHADOWLESS = ['default', 'sw-protected'];
const GUEST_MEMFD = [...PRIVATE, 'snp'];

export const trialBugs: readonly Bug[] = [
  {
    id: 'b146-hole-zapped-in-batches',
    title: 'KVM: guest_memfd: Zap large holes in batches',
    wrong: 'All batches have ended when the pages are truncated, so a fault maps one that is about to be freed.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        find: 'kvm_gmem_invalidate_start(inode, start, end);',
        replace: `/* Do not stall faults elsewhere for the time of one huge invalidation. */
	for (index = start; index < end; index = next) {
		next = min(end, index + SZ_2M / PAGE_SIZE);
		kvm_gmem_invalidate_start(inode, index, next);
		kvm_gmem_invalidate_end(inode, index, next);
		cond_resched();
	}`,
      },
      { find: 'offset + len - 1); kvm_gmem_invalidate_end(inode, start, end);', replace: 'offset + len - 1);' },
      {
        find: 'pgoff_t end = (offset + len) >> PAGE_SHIFT;',
        replace: 'pgoff_t end = (offset + len) >> PAGE_SHIFT;\n\tpgoff_t index, next;',
      },
    ],
    breaks: ['unmap-before-free', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    vm: GUEST_MEMFD,
  },
  {
    id: 'b147-end-of-range-from-its-length',
    title: 'KVM: guest_memfd: Simplify the end of the range that is unmapped',
    wrong: 'The end does not follow where the hole starts in the memslot, so its last pages stay mapped.',
    scenario: 'S70',
    file: GMEM,
    function: '__kvm_gmem_invalidate_start',
    changes: [
      {
        find: 'min(pgoff + slot->npages, end) - pgoff,',
        replace: 'min(slot->npages, end - start),',
      },
    ],
    breaks: ['unmap-before-free', 'snp-unmap-before-rmpchange', 'snp-vmsa-tracks-memory', 'kernel-warning'],
    vm: GUEST_MEMFD,
  },
  {
    id: 'b149-page-table-freed-under-lock',
    title: 'KVM: x86/mmu: Wait for a grace period only where tables are removed under the read lock',
    wrong: 'A walk that holds no mmu_lock, but RCU, is in a page table that is freed at once.',
    file: TDP_MMU,
    function: 'handle_removed_pt',
    changes: [
      {
        find: 'call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);',
        replace: `if (shared)
		call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);
	else
		__tdp_mmu_free_sp(sp);`,
      },
    ],
    breaks: ['pt-page-rcu-freed', 'memory-safety'],
    vm: ALL,
  },
  {
    id: 'b150-flush-accessed-only',
    title: 'KVM: x86/mmu: Skip the TLB flush for SPTEs that were never accessed',
    wrong: 'Ageing clears the accessed bit without a flush, so a page that looks old may be in a TLB.',
    scenario: 'S69',
    file: TDP_MMU,
    function: 'tdp_mmu_zap_leafs',
    changes: [
      {
        find: 'if (!root->role.invalid) flush = true;',
        replace: 'if (!root->role.invalid && is_accessed_spte(iter.old_spte))\n\t\t\tflush = true;',
      },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b152-filters-no-longer-bits',
    title: 'KVM: Let the compiler number the filters of a gfn range',
    wrong: 'The filters are combined and tested as bits, and one of them has become zero.',
    scenario: 'S36',
    file: KVM_HOST,
    function: 'enum kvm_gfn_range_filter',
    changes: [
      { find: 'KVM_FILTER_SHARED = BIT(0),', replace: 'KVM_FILTER_SHARED,' },
      { find: 'KVM_FILTER_PRIVATE = BIT(1),', replace: 'KVM_FILTER_PRIVATE,' },
    ],
    breaks: ['filter-selects-right-roots', 'unmap-before-free', 'notifier-shared-only', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b157-range-restarts-within-operation',
    title: 'KVM: Start the range over for the only invalidation in progress',
    wrong: 'The second range of one operation replaces the first instead of widening it.',
    scenario: 'S43',
    file: KVM_MAIN,
    function: 'kvm_mmu_invalidate_range_add',
    changes: [
      { find: 'kvm->mmu_invalidate_range_start == INVALID_GPA', replace: 'kvm->mmu_invalidate_in_progress == 1' },
    ],
    breaks: [
      'no-install-while-invalidating',
      'unmap-before-convert',
      'attr-match-at-install',
      'spurious-exit-ok-stale-map-not',
      'unmap-before-free',
    ],
    vm: ['default', ...GUEST_MEMFD],
  },
  {
    id: 'b158-attributes-not-reserved',
    title: 'KVM: Do not reserve memory for attributes ahead of time',
    wrong: 'An attribute that cannot be stored leaves an invalidation that never ends.',
    scenario: 'S72',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [
      {
        find: `for (i = start; entry && i < end; i++) {
          r = xa_reserve(&kvm->mem_attr_array, i, GFP_KERNEL_ACCOUNT); if (r) goto out_unlock; cond_resched(); }`,
        replace: '',
      },
      { find: 'KVM_BUG_ON(r, kvm);', replace: 'if (r)\n\t\t\tgoto out_unlock;' },
    ],
    breaks: ['invalidate-balanced', 'fault-progress', 'livelock'],
    vm: PRIVATE,
  },
  {
    id: 'b159-last-gfn-of-huge-range',
    title: 'KVM: x86/mmu: Add a helper to hold off faults on a hugepage range',
    wrong: 'The end is the last gfn, which an exclusive end leaves out.',
    scenario: 'S46',
    file: MMU,
    function: 'kvm_arch_pre_set_memory_attributes',
    changes: [
      {
        insertAbove: `
static void hugepage_invalidate_range_add(struct kvm *kvm, gfn_t gfn, int level)
{
	gfn_t last = gfn + KVM_PAGES_PER_HPAGE(level) - 1;

	kvm_mmu_invalidate_range_add(kvm, gfn, last);
}`,
      },
      {
        find: 'kvm_mmu_invalidate_range_add(kvm, start, start + nr_pages);',
        replace: 'hugepage_invalidate_range_add(kvm, start, level);',
      },
      {
        find: 'kvm_mmu_invalidate_range_add(kvm, end, end + nr_pages);',
        replace: 'hugepage_invalidate_range_add(kvm, end, level);',
      },
    ],
    breaks: ['huge-leaf-uniform', 'no-install-while-invalidating'],
    vm: PRIVATE,
  },
  {
    id: 'b160-flush-of-last-nx-page-only',
    title: 'KVM: x86/mmu: Assign the result of an NX recovery zap',
    wrong: 'A page that needs no flush makes the worker forget the flush that an earlier one needs.',
    scenario: 'S73',
    file: MMU,
    function: 'kvm_recover_nx_huge_pages',
    changes: [
      {
        find: 'flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
        replace: 'flush = kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
      },
    ],
    breaks: ['flush-before-unlock', 'pt-page-rcu-freed', 'memory-safety', 'unmap-before-free'],
    vm: SHADOWLESS,
  },
  {
    id: 'b161-retry-own-gfn-only',
    title: 'KVM: Retry faults only if their gfn was invalidated',
    wrong: 'The range is that of the last invalidation, and others may have ended since the snapshot.',
    scenario: 'S44',
    file: KVM_HOST,
    function: 'mmu_invalidate_retry_gfn',
    changes: [
      {
        find: 'if (kvm->mmu_invalidate_seq != mmu_seq) return 1; return 0;',
        replace: `/* Faults on other parts of the guest are as good as before. */
	return kvm->mmu_invalidate_seq != mmu_seq &&
	       gfn >= kvm->mmu_invalidate_range_start &&
	       gfn < kvm->mmu_invalidate_range_end;`,
      },
    ],
    breaks: [
      'unmap-before-free',
      'seq-recheck-under-lock',
      'attr-match-at-install',
      'unmap-before-convert',
      'spurious-exit-ok-stale-map-not',
      'snp-vmsa-tracks-memory',
    ],
    vm: ['default', ...GUEST_MEMFD],
  },
  {
    id: 'b162-memslots-published-unlocked',
    title: 'KVM: Publish new memslots outside of mn_invalidate_lock',
    wrong: 'An MMU notifier that begins in between starts on the old memslots and ends on the new ones.',
    scenario: 'S33',
    file: KVM_MAIN,
    function: 'kvm_swap_active_memslots',
    changes: [
      {
        find: 'rcu_assign_pointer(kvm->memslots[as_id], slots); spin_unlock(&kvm->mn_invalidate_lock);',
        replace: `spin_unlock(&kvm->mn_invalidate_lock);

	/* slots_lock serializes updates, the spinlock isn't needed for them. */
	rcu_assign_pointer(kvm->memslots[as_id], slots);`,
      },
    ],
    breaks: ['mn-vs-memslot-serialised', 'invalidate-balanced', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b163-mmap-means-shared',
    title: 'KVM: guest_memfd: Treat files that can be mapped as shared',
    wrong: 'Such a file has private memory until it is told otherwise, and the host may map it all the same.',
    scenario: 'S07',
    file: GMEM,
    function: 'kvm_gmem_is_private_mem',
    changes: [
      {
        find: 'GMEM_I(inode)->flags & GUEST_MEMFD_FLAG_INIT_SHARED',
        replace: 'GMEM_I(inode)->flags & (GUEST_MEMFD_FLAG_INIT_SHARED |\n\t\t\t\t\t GUEST_MEMFD_FLAG_MMAP)',
      },
    ],
    breaks: ['pfn-not-private-and-shared', 'snp-assign-before-map'],
    vm: GUEST_MEMFD,
  },
  {
    id: 'b166-nothing-allocated-nothing-mapped',
    title: 'KVM: guest_memfd: Skip the invalidation if the hole is there already',
    wrong: 'A fault adds a folio after the look, without the invalidate lock, and the truncation frees it mapped.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        find: 'kvm_gmem_invalidate_start(inode, start, end);',
        replace: `populated = !!xa_find(&inode->i_mapping->i_pages, &first, end - 1,
			      XA_PRESENT);
	if (populated)
		kvm_gmem_invalidate_start(inode, start, end);`,
      },
      {
        find: 'kvm_gmem_invalidate_end(inode, start, end);',
        replace: 'if (populated)\n\t\tkvm_gmem_invalidate_end(inode, start, end);',
      },
      {
        find: 'pgoff_t end = (offset + len) >> PAGE_SHIFT;',
        replace: 'pgoff_t end = (offset + len) >> PAGE_SHIFT;\n\tunsigned long first = start;\n\tbool populated;',
      },
    ],
    breaks: ['unmap-before-free', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    vm: GUEST_MEMFD,
  },
  {
    id: 'b167-failed-split-keeps-root',
    title: 'KVM: x86/mmu: Drop the put of the root when a split fails',
    wrong: 'Who leaves the walk over the roots keeps the reference to the one he is at.',
    scenario: 'S72',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_try_split_huge_pages',
    changes: [{ find: 'if (r) { kvm_tdp_mmu_put_root(kvm, root); break; }', replace: 'if (r)\n\t\t\tbreak;' }],
    breaks: ['root-refcount-sound', 'kernel-warning'],
    vm: SHADOWLESS,
  },
  {
    id: 'b168-found-root-not-referenced',
    title: 'KVM: x86/mmu: Only check the reference count when searching for a root again',
    wrong: 'A vCPU that lost the race uses the root of the winner without a reference of its own.',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_alloc_root',
    changes: [
      {
        find: '!WARN_ON_ONCE(!kvm_tdp_mmu_get_root(root))',
        replace: '!WARN_ON_ONCE(!refcount_read(&root->tdp_mmu_root_count))',
      },
    ],
    breaks: ['root-refcount-sound', 'memory-safety', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b169-start-without-offset',
    title: 'KVM: guest_memfd: Use the start of a hole that lies within the memslot',
    wrong: 'The start of a hole is an index of the file and is taken for one of the memslot.',
    scenario: 'S70',
    file: GMEM,
    function: '__kvm_gmem_invalidate_start',
    changes: [{ find: 'max(pgoff, start) - pgoff,', replace: '(start > pgoff ? start : 0),' }],
    breaks: ['unmap-before-free', 'snp-unmap-before-rmpchange', 'snp-vmsa-tracks-memory', 'kernel-warning'],
    vm: GUEST_MEMFD,
  },
  {
    id: 'b170-unbind-one-page-more',
    title: 'KVM: guest_memfd: Unbind up to the end of a memslot',
    wrong: "The last index is inclusive, so the first page of the next memslot's binding goes, too.",
    scenario: 'S70',
    file: GMEM,
    function: 'kvm_gmem_unbind',
    changes: [{ find: 'start, end - 1, NULL', replace: 'start, end, NULL' }],
    breaks: ['gmem-binding-safe', 'mapping-has-binding', 'unmap-before-free', 'memory-safety', 'kernel-warning'],
    vm: GUEST_MEMFD,
  },
  {
    id: 'b171-exit-spares-invalid-roots',
    title: 'KVM: x86/mmu: Leave invalid roots to the fast zap when the mm exits',
    wrong: 'The memory is freed while a fast zap still has roots to go through.',
    scenario: 'S71',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_zap_all',
    changes: [{ find: 'KVM_DIRECT_ROOTS | KVM_INVALID_ROOTS', replace: 'KVM_DIRECT_ROOTS' }],
    breaks: ['unmap-covers-invalid-roots', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b172-replaced-table-not-flushed',
    title: 'KVM: x86/mmu: Flush only if a leaf was replaced',
    wrong: 'A huge page replaces a table that vCPUs may still walk from their paging-structure caches.',
    scenario: 'S15',
    file: TDP_MMU,
    function: 'tdp_mmu_map_handle_target_level',
    changes: [
      {
        find: `(!is_last_spte(iter->old_spte, iter->level) ||
          WARN_ON_ONCE(leaf_spte_change_needs_tlb_flush(iter->old_spte, new_spte))))`,
        replace: `is_last_spte(iter->old_spte, iter->level) &&
		 WARN_ON_ONCE(leaf_spte_change_needs_tlb_flush(iter->old_spte, new_spte)))`,
      },
    ],
    breaks: ['pt-page-rcu-freed', 'flush-before-unlock', 'memory-safety'],
    vm: SHADOWLESS,
  },
  {
    id: 'b173-dying-file-revived',
    title: 'KVM: guest_memfd: Take a plain reference to the file of a memslot',
    wrong: 'The last reference may be gone already while the memslot still names the file.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_get_file',
    changes: [
      {
        find: 'return get_file_active(&slot->gmem.file);',
        replace: 'struct file *file = READ_ONCE(slot->gmem.file);\n\n\treturn file ? get_file(file) : NULL;',
      },
    ],
    breaks: ['gmem-binding-safe', 'memory-safety', 'kernel-warning'],
    vm: GUEST_MEMFD,
  },
];
