/** Edits that change no behaviour, as in edits.ts, on the source of 7.2 and of 6.12, four each. */
import type { Edit } from './edit';
import { ALL, GMEM, KVM_MAIN, MMU, PRIVATE, TDP_MMU, TDX } from './places';

export const releaseEdits: readonly Edit[] = [
  {
    id: 'e41-unmap-local-filter',
    release: '7.2',
    title: 'KVM: x86/mmu: Name the filter of an unmap request',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_unmap_gfn_range',
    changes: [
      { find: '(kvm, range->attr_filter)', replace: '(kvm, filter)' },
      {
        find: 'enum kvm_tdp_mmu_root_types types;',
        replace: 'const enum kvm_gfn_range_filter filter = range->attr_filter;\n\tenum kvm_tdp_mmu_root_types types;',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e42-remove-leaf-hoist-td',
    release: '7.2',
    title: 'KVM: TDX: Hoist the TD descriptor when removing a leaf',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      { find: 'tdh_mem_range_block, kvm, &kvm_tdx->td', replace: 'tdh_mem_range_block, kvm, td' },
      { find: 'tdh_mem_page_remove, kvm, &kvm_tdx->td', replace: 'tdh_mem_page_remove, kvm, td' },
      {
        find: 'kvm_pfn_t pfn = spte_to_pfn(old_spte);',
        replace: 'struct tdx_td *td = &kvm_tdx->td;\n\tkvm_pfn_t pfn = spte_to_pfn(old_spte);',
      },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e43-hole-in-pages',
    release: '7.2',
    title: 'KVM: guest_memfd: Compute the end of a hole from its start',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [{ find: '(offset + len) >> PAGE_SHIFT', replace: 'start + (len >> PAGE_SHIFT)' }],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e44-gfn-walk-early-return',
    release: '7.2',
    title: 'KVM: Return early from the gfn walk if no memslot was found',
    file: KVM_MAIN,
    function: 'kvm_handle_gfn_range',
    changes: [
      {
        find: `if (range->flush_on_ret && ret) kvm_flush_remote_tlbs(kvm); if (found_memslot) KVM_MMU_UNLOCK(kvm);`,
        replace: `if (!found_memslot)
		return;

	if (ret && range->flush_on_ret)
		kvm_flush_remote_tlbs(kvm);

	KVM_MMU_UNLOCK(kvm);`,
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e45-page-fault-rename-pfn',
    release: '6.12',
    title: 'KVM: x86/mmu: Rename "orig_pfn" in kvm_tdp_mmu_page_fault()',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [{ rename: 'orig_pfn', to: 'faulted_pfn' }],
    breaks: [],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'e46-zap-leafs-split-test',
    release: '6.12',
    title: 'KVM: x86/mmu: Split the test for a present leaf',
    file: TDP_MMU,
    function: 'tdp_mmu_zap_leafs',
    changes: [
      { find: 'if (!root->role.invalid) flush = true;', replace: 'flush |= !root->role.invalid;' },
      {
        find: 'if (!is_shadow_present_pte(iter.old_spte) || !is_last_spte(iter.old_spte, iter.level)) continue;',
        replace: `if (!is_shadow_present_pte(iter.old_spte))
			continue;

		if (!is_last_spte(iter.old_spte, iter.level))
			continue;`,
      },
    ],
    breaks: [],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'e47-slot-delete-early-return',
    release: '6.12',
    title: 'KVM: x86/mmu: Return early after a fast zap of a memslot',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [
      {
        find: `if (kvm_memslot_flush_zap_all(kvm)) kvm_mmu_zap_all_fast(kvm); else kvm_mmu_zap_memslot(kvm, slot);`,
        replace: `if (!kvm_memslot_flush_zap_all(kvm)) {
		kvm_mmu_zap_memslot(kvm, slot);
		return;
	}

	kvm_mmu_zap_all_fast(kvm);`,
      },
    ],
    breaks: [],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'e48-hole-extract-walks',
    release: '6.12',
    title: 'KVM: guest_memfd: Extract the walks over all files of an inode',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        insertAbove: `
static void kvm_gmem_invalidate_begin_all(struct list_head *gmem_list,
					  pgoff_t start, pgoff_t end)
{
	struct kvm_gmem *gmem;

	list_for_each_entry(gmem, gmem_list, entry)
		kvm_gmem_invalidate_begin(gmem, start, end);
}`,
      },
      {
        find: 'list_for_each_entry(gmem, gmem_list, entry) kvm_gmem_invalidate_begin(gmem, start, end);',
        replace: 'kvm_gmem_invalidate_begin_all(gmem_list, start, end);',
      },
    ],
    breaks: [],
    vm: ['sw-protected'],
  },
];
