/**
 * Forty edits that change no behaviour, as developers make them while they tidy: renames, helpers,
 * inverted conditions, reordered initialisers. They were written from the kernel's source and the domain
 * specification alone, to measure how much of a stranger's patch is placed and executed, and that nothing
 * is reported for it.
 */
import type { Edit } from './edit';
import { tdpMmuEdits } from './edits-tdp-mmu';
import { ALL, GMEM, KVM_MAIN, MMU, PRIVATE, TDX } from './places';

export const edits: readonly Edit[] = [
  ...tdpMmuEdits,
  {
    id: 'e16-flush-slot-reorder-initialisers',
    title: 'KVM: x86/mmu: List the range before the slot in kvm_arch_flush_shadow_memslot()',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [
      {
        find: '.slot = slot, .start = slot->base_gfn, .end = slot->base_gfn + slot->npages,',
        replace: `.start = slot->base_gfn,
		.end = slot->base_gfn + slot->npages,
		.slot = slot,`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e17-flush-slot-drop-local',
    title: 'KVM: x86/mmu: Drop the local "flush" from kvm_arch_flush_shadow_memslot()',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [
      { find: 'bool flush;', replace: '' },
      {
        find: 'flush = kvm_unmap_gfn_range(kvm, &range); kvm_mmu_zap_memslot_pages_and_flush(kvm, slot, flush);',
        replace: `kvm_mmu_zap_memslot_pages_and_flush(kvm, slot,
						    kvm_unmap_gfn_range(kvm, &range));`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e18-faultin-local-kvm',
    title: 'KVM: x86/mmu: Use the local "kvm" for the invalidation sequence',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [{ find: 'vcpu->kvm->mmu_invalidate_seq', replace: 'kvm->mmu_invalidate_seq' }],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e19-faultin-extract-mismatch',
    title: 'KVM: x86/mmu: Extract the private/shared mismatch check of a fault',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [
      {
        insertAbove: `
static bool kvm_mmu_fault_has_wrong_attributes(struct kvm *kvm,
					       struct kvm_page_fault *fault)
{
	return fault->is_private != kvm_mem_is_private(kvm, fault->gfn);
}`,
      },
      {
        find: 'fault->is_private != kvm_mem_is_private(kvm, fault->gfn)',
        replace: 'kvm_mmu_fault_has_wrong_attributes(kvm, fault)',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e20-stale-early-return',
    title: 'KVM: x86/mmu: Return early for faults without a slot in is_page_fault_stale()',
    file: MMU,
    function: 'is_page_fault_stale',
    changes: [
      {
        find: 'return fault->slot && mmu_invalidate_retry_gfn',
        replace: 'if (!fault->slot)\n\t\treturn false;\n\n\treturn mmu_invalidate_retry_gfn',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e21-page-fault-nested-if',
    title: 'KVM: x86/mmu: Drop the goto from kvm_tdp_mmu_page_fault()',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [
      {
        find: 'if (is_page_fault_stale(vcpu, fault)) goto out_unlock; r = kvm_tdp_mmu_map(vcpu, fault); out_unlock:',
        replace: 'if (!is_page_fault_stale(vcpu, fault))\n\t\tr = kvm_tdp_mmu_map(vcpu, fault);\n',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e22-fast-zap-toggle',
    title: 'KVM: x86/mmu: Toggle mmu_valid_gen with a logical not',
    file: MMU,
    function: '__kvm_mmu_zap_all_fast_front_half',
    changes: [{ find: 'kvm->arch.mmu_valid_gen ? 0 : 1', replace: '!kvm->arch.mmu_valid_gen' }],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e23-faultin-gmem-swap',
    title: 'KVM: x86/mmu: Set the max level before map_writable for guest_memfd faults',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn_gmem',
    changes: [
      {
        find: `fault->map_writable = !(fault->slot->flags & KVM_MEM_READONLY);
          fault->max_level = kvm_max_level_for_order(max_order);`,
        replace: `fault->max_level = kvm_max_level_for_order(max_order);
	fault->map_writable = !(fault->slot->flags & KVM_MEM_READONLY);`,
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e24-zap-gfn-range-nr-pages',
    title: 'KVM: x86/mmu: Name the number of pages in kvm_zap_gfn_range()',
    file: MMU,
    function: 'kvm_zap_gfn_range',
    changes: [
      { find: 'gfn_start, gfn_end - gfn_start', replace: 'gfn_start, nr_pages' },
      { find: 'bool flush;', replace: 'const gfn_t nr_pages = gfn_end - gfn_start;\n\tbool flush;' },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e25-pre-set-attributes-ternary',
    title: 'KVM: x86/mmu: Use a conditional expression for the filter of an attribute change',
    file: MMU,
    function: 'kvm_arch_pre_set_memory_attributes',
    changes: [
      {
        find: `if (range->arg.attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE) range->attr_filter = KVM_FILTER_SHARED;
          else range->attr_filter = KVM_FILTER_PRIVATE;`,
        replace: `range->attr_filter = range->arg.attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE ?
			     KVM_FILTER_SHARED : KVM_FILTER_PRIVATE;`,
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e26-zap-all-fast-comment',
    title: 'KVM: x86/mmu: Document why the back half of a fast zap runs unlocked',
    file: MMU,
    function: 'kvm_mmu_zap_all_fast',
    changes: [
      {
        find: '__kvm_mmu_zap_all_fast_back_half(kvm);',
        replace: `/* No vCPU can pick up an invalid root anymore, zap at leisure. */
	__kvm_mmu_zap_all_fast_back_half(kvm);`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e27-root-bits-ternary',
    title: 'KVM: x86/mmu: Simplify kvm_gfn_root_bits()',
    file: 'arch/x86/kvm/mmu/mmu_internal.h',
    function: 'kvm_gfn_root_bits',
    changes: [
      {
        find: 'if (is_mirror_sp(root)) return 0; return kvm_gfn_direct_bits(kvm);',
        replace: 'return is_mirror_sp(root) ? 0 : kvm_gfn_direct_bits(kvm);',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e28-nonleaf-spte-ternary',
    title: 'KVM: x86/mmu: Use a conditional expression in make_nonleaf_spte()',
    file: 'arch/x86/kvm/mmu/spte.c',
    function: 'make_nonleaf_spte',
    changes: [
      {
        find: 'if (ad_disabled) spte |= SPTE_TDP_AD_DISABLED; else spte |= shadow_accessed_mask;',
        replace: 'spte |= ad_disabled ? SPTE_TDP_AD_DISABLED : shadow_accessed_mask;',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e29-remove-leaf-use-local',
    title: 'KVM: TDX: Use the local kvm_tdx for the HKID check when removing a leaf',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [{ find: 'is_hkid_assigned(to_kvm_tdx(kvm))', replace: 'is_hkid_assigned(kvm_tdx)' }],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e30-remove-leaf-extract-block',
    title: 'KVM: TDX: Extract blocking of a leaf S-EPT entry to a helper',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      {
        insertAbove: `
static int tdx_sept_block_leaf_spte(struct kvm *kvm, gpa_t gpa, enum pg_level level)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	u64 err, entry, level_state;

	err = tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa,
			      level, &entry, &level_state);
	if (TDX_BUG_ON_2(err, TDH_MEM_RANGE_BLOCK, entry, level_state, kvm))
		return -EIO;

	return 0;
}`,
      },
      {
        find: `err = tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa, level, &entry, &level_state);
          if (TDX_BUG_ON_2(err, TDH_MEM_RANGE_BLOCK, entry, level_state, kvm)) return -EIO;`,
        replace: `if (tdx_sept_block_leaf_spte(kvm, gpa, level))
		return -EIO;`,
      },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e31-set-private-leaf-first',
    title: 'KVM: TDX: Handle leaf entries first in tdx_sept_set_private_spte()',
    file: TDX,
    function: 'tdx_sept_set_private_spte',
    changes: [
      {
        find: `if (!is_last_spte(new_spte, level)) return tdx_sept_map_nonleaf_spte(kvm, gfn, level, new_spte);
          return tdx_sept_map_leaf_spte(kvm, gfn, level, new_spte);`,
        replace: `if (is_last_spte(new_spte, level))
		return tdx_sept_map_leaf_spte(kvm, gfn, level, new_spte);

	return tdx_sept_map_nonleaf_spte(kvm, gfn, level, new_spte);`,
      },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e32-track-local-td',
    title: 'KVM: TDX: Hoist the TD descriptor in tdx_track()',
    file: TDX,
    function: 'tdx_track',
    changes: [
      { find: 'kvm, &kvm_tdx->td', replace: 'kvm, td' },
      { find: 'u64 err;', replace: 'struct tdx_td *td = &kvm_tdx->td;\n\tu64 err;' },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e33-no-vcpus-rename',
    title: 'KVM: TDX: Rename "__err" to "__status" in tdh_do_no_vcpus()',
    file: TDX,
    function: 'tdh_do_no_vcpus',
    changes: [{ rename: '__err', to: '__status' }],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e34-punch-hole-mapping',
    title: 'KVM: guest_memfd: Hoist the mapping in kvm_gmem_punch_hole()',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      { find: 'filemap_invalidate_lock(inode->i_mapping)', replace: 'filemap_invalidate_lock(mapping)' },
      { find: 'truncate_inode_pages_range(inode->i_mapping', replace: 'truncate_inode_pages_range(mapping' },
      { find: 'filemap_invalidate_unlock(inode->i_mapping)', replace: 'filemap_invalidate_unlock(mapping)' },
      {
        find: 'pgoff_t start = offset',
        replace: 'struct address_space *mapping = inode->i_mapping;\n\tpgoff_t start = offset',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e35-invalidate-start-base',
    title: 'KVM: guest_memfd: Compute the GFN of offset 0 once per binding',
    file: GMEM,
    function: '__kvm_gmem_invalidate_start',
    changes: [
      { find: 'slot->base_gfn + max(pgoff, start) - pgoff', replace: 'base + max(pgoff, start)' },
      {
        find: 'slot->base_gfn + min(pgoff + slot->npages, end) - pgoff',
        replace: 'base + min(pgoff + slot->npages, end)',
      },
      {
        find: 'pgoff_t pgoff = slot->gmem.pgoff;',
        replace: 'pgoff_t pgoff = slot->gmem.pgoff;\n\t\tgfn_t base = slot->base_gfn - pgoff;',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e36-set-attributes-while',
    title: 'KVM: Store memory attributes in a while loop',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [
      { find: 'for (i = start; i < end; i++) {', replace: 'i = start;\n\twhile (i < end) {' },
      { find: 'KVM_BUG_ON(r, kvm);', replace: 'KVM_BUG_ON(r, kvm);\n\t\ti++;' },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e37-range-add-ifs',
    title: 'KVM: Widen the invalidation range with plain comparisons',
    file: KVM_MAIN,
    function: 'kvm_mmu_invalidate_range_add',
    changes: [
      {
        find: `kvm->mmu_invalidate_range_start = min(kvm->mmu_invalidate_range_start, start);
          kvm->mmu_invalidate_range_end = max(kvm->mmu_invalidate_range_end, end);`,
        replace: `if (start < kvm->mmu_invalidate_range_start)
			kvm->mmu_invalidate_range_start = start;
		if (end > kvm->mmu_invalidate_range_end)
			kvm->mmu_invalidate_range_end = end;`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e38-invalidate-start-post-increment',
    title: 'KVM: Fold the increment into the test in kvm_mmu_invalidate_start()',
    file: KVM_MAIN,
    function: 'kvm_mmu_invalidate_start',
    changes: [
      {
        find: 'kvm->mmu_invalidate_in_progress++; if (likely(kvm->mmu_invalidate_in_progress == 1))',
        replace: 'if (likely(!kvm->mmu_invalidate_in_progress++))',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e39-swap-memslots-loop',
    title: 'KVM: Wait for invalidations in an endless loop with a break',
    file: KVM_MAIN,
    function: 'kvm_swap_active_memslots',
    changes: [
      {
        find: 'while (kvm->mn_active_invalidate_count) {',
        replace: `for (;;) {
		if (!kvm->mn_active_invalidate_count)
			break;
`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e40-retry-gfn-return',
    title: 'KVM: Return the comparison directly in mmu_invalidate_retry_gfn()',
    file: 'include/linux/kvm_host.h',
    function: 'mmu_invalidate_retry_gfn',
    changes: [
      {
        find: 'if (kvm->mmu_invalidate_seq != mmu_seq) return 1; return 0;',
        replace: 'return kvm->mmu_invalidate_seq != mmu_seq;',
      },
    ],
    breaks: [],
    vm: ALL,
  },
];
