/** Functions of the x86 MMU: fault path, TDP MMU, zapping (domain 5.3), and features that reach it (5.6). */

import { type Term, table } from './types';

const FAULT = table({ kind: 'function', source: 'arch/x86/kvm/mmu/mmu.c' }, [
  [
    'kvm_mmu_page_fault|kvm_tdp_page_fault|kvm_tdp_mmu_page_fault|kvm_mmu_do_page_fault',
    'The path of a guest page fault.',
    'S04 S05',
    { weight: 1 },
  ],
  [
    'kvm_mmu_faultin_pfn|__kvm_mmu_faultin_pfn|kvm_mmu_faultin_pfn_gmem',
    "Snapshots the invalidation sequence, compares the fault's kind with the attribute, and gets the page.",
    'S04 S05 S06',
  ],
  ['direct_page_fault', 'Fault path of the shadow MMU, under the write lock.', '', { weight: 1 }],
  [
    'is_page_fault_stale',
    'Under mmu_lock: is the root obsolete, or did an invalidation pass since the snapshot?',
    'S05 S06 S04',
  ],
  [
    'fast_page_fault|page_fault_can_be_fast|fast_pf_fix_direct_spte',
    'Repairs the permissions of a leaf of the direct tree without a lock.',
    'S28',
  ],
  [
    'kvm_tdp_mmu_map|tdp_mmu_get_root_for_fault|tdp_mmu_map_handle_target_level',
    'Walks the tree for a fault, links missing tables and installs the leaf.',
    'S17 S05',
  ],
  ['tdp_mmu_link_sp|tdp_mmu_split_huge_page', 'Links a new page table into the tree.', 'S17'],
  [
    'tdp_mmu_alloc_sp|tdp_mmu_init_child_sp|kvm_mmu_alloc_external_spt',
    'Allocates page tables, and the S-EPT page beside them.',
    'S17',
    { weight: 1 },
  ],
  [
    'kvm_mmu_hugepage_adjust|kvm_gmem_max_mapping_level|gmem_max_mapping_level',
    'How large a mapping may be; 4 KiB for guest_memfd.',
    '',
    { weight: 1 },
  ],
]);

const ROOTS = table({ kind: 'function', source: 'arch/x86/kvm/mmu/tdp_mmu.c' }, [
  ['kvm_tdp_mmu_alloc_root|kvm_tdp_mmu_get_root|kvm_tdp_mmu_put_root', 'Life of a root.', 'S33', { weight: 1 }],
  [
    'kvm_tdp_mmu_invalidate_roots',
    'Marks the roots of the given kinds invalid and schedules their zap. On a live TD only direct ones may be.',
    'S33 S21 S02',
  ],
  [
    'kvm_tdp_mmu_invalidate_all_roots',
    'kvm_tdp_mmu_invalidate_roots before it took kinds.',
    'S33 S21 S02',
    { era: 'up to 6.13' },
  ],
  [
    'kvm_tdp_mmu_zap_invalidated_roots|tdp_mmu_zap_root|__tdp_mmu_zap_root',
    "Zaps invalid roots and drops the TDP MMU's reference afterwards.",
    'S33',
  ],
  [
    'for_each_tdp_mmu_root|for_each_tdp_mmu_root_yield_safe|for_each_valid_tdp_mmu_root|for_each_valid_tdp_mmu_root_yield_safe|tdp_mmu_next_root',
    'Which roots a walk visits: all, or only valid ones.',
    'S33',
  ],
  [
    'kvm_mmu_reload|kvm_mmu_load|kvm_mmu_free_obsolete_roots|kvm_mmu_destroy|kvm_mmu_uninit_vm',
    'Roots of a vCPU are loaded, dropped and freed.',
    'S21',
    { weight: 1 },
  ],
  ['root.hpa', 'The direct root of a vCPU.', 'S21', { kind: 'field', weight: 1 }],
  ['mirror_root_hpa', 'The mirror root of a vCPU; it is never replaced while the TD lives.', 'S21', { kind: 'field' }],
  ['mmu_valid_gen', 'Generation of the direct roots; toggled by the fast zap.', 'S33', { kind: 'field' }],
]);

const ZAP = table({ kind: 'function', source: 'arch/x86/kvm/mmu/mmu.c, arch/x86/kvm/mmu/tdp_mmu.c' }, [
  [
    'tdp_mmu_zap_leafs|kvm_tdp_mmu_zap_leafs',
    'Zaps the leaves of a range in all valid roots, the mirror included.',
    'S09 S02 S03',
  ],
  [
    'kvm_tdp_mmu_unmap_gfn_range',
    'Zaps the leaves of a range in the roots that attr_filter selects, and in invalid roots.',
    'S36 S02 S33',
  ],
  [
    'kvm_gfn_range_filter_to_root_types',
    'Turns attr_filter into kinds of root: private is the mirror, shared the direct root.',
    'S36 S02',
    { source: 'arch/x86/kvm/mmu/tdp_mmu.h', weight: 3 },
  ],
  ['kvm_tdp_mmu_zap_all', 'Zap at the exit of the mm: direct and invalid roots only.', 'S20'],
  [
    'kvm_tdp_mmu_zap_possible_nx_huge_page|kvm_recover_nx_huge_pages|kvm_nx_huge_page_recovery_worker|track_possible_nx_huge_page|unaccount_nx_huge_page|possible_nx_huge_pages',
    'A background thread zaps page tables, under the read lock, so that huge pages can come back.',
    'S15 S16',
  ],
  ['kvm_tdp_mmu_zap_sp', 'The zap of one page table by NX recovery, up to 6.17.', 'S15 S16', { era: 'up to 6.17' }],
  [
    'kvm_mmu_zap_all_fast|__kvm_mmu_zap_all_fast_front_half|__kvm_mmu_zap_all_fast_back_half',
    'Makes all direct roots invalid at once and zaps them later. It never touches the mirror.',
    'S33 S21 S02',
  ],
  [
    'kvm_zap_gfn_range',
    'Zaps a range in every valid root. On a TD that destroys private memory: no caller may reach it there.',
    'S09',
    { weight: 3 },
  ],
  ['kvm_mmu_zap_memslot_pages_and_flush', 'Zaps what is left of a memslot in the shadow MMU, and flushes.', 'S02 S03'],
  [
    'kvm_mmu_zap_memslot_leafs|kvm_mmu_zap_memslot',
    'Leaf zap of a deleted memslot; today part of kvm_arch_flush_shadow_memslot.',
    'S02 S03',
    { era: '2024 RFC to 6.12', weight: 3 },
  ],
  ['kvm_rmap_zap_gfn_range|kvm_zap_rmap|kvm_zap_one_rmap_spte', "The shadow MMU's part of a zap.", '', { weight: 1 }],
  ['kvm_tdp_mmu_age_gfn_range|kvm_tdp_mmu_test_age_gfn', 'Ageing of mappings, without a lock.', '', { weight: 1 }],
  [
    'kvm_tdp_mmu_wrprot_slot|kvm_tdp_mmu_clear_dirty_slot|kvm_tdp_mmu_clear_dirty_pt_masked|kvm_tdp_mmu_try_split_huge_pages|kvm_tdp_mmu_recover_huge_pages|kvm_tdp_mmu_write_protect_gfn',
    'Dirty logging and huge-page operations; they must never reach a slot with guest_memfd.',
    'S30',
    { weight: 1 },
  ],
]);

const SPTES = table({ kind: 'function', source: 'arch/x86/kvm/mmu/tdp_mmu.c' }, [
  [
    'tdp_mmu_set_spte_atomic|__tdp_mmu_set_spte_atomic',
    'Changes an entry under the read lock; for a mirror entry it freezes, issues the SEAMCALL, then writes the new or the old value.',
    'S01 S17',
  ],
  [
    'tdp_mmu_set_spte|tdp_mmu_iter_set_spte|kvm_tdp_mmu_write_spte|kvm_tdp_mmu_write_spte_atomic',
    'Changes an entry under the write lock.',
    'S01',
  ],
  [
    '__handle_changed_spte|handle_changed_spte',
    'Bookkeeping after an entry changed; a failed removal from the S-EPT is fatal for the VM here.',
    'S12 S01',
  ],
  [
    'handle_removed_pt',
    'Takes a removed page table apart: freezes its entries and frees it after a grace period.',
    'S15 S17',
  ],
  [
    'tdp_mmu_free_sp|__tdp_mmu_free_sp|tdp_mmu_free_sp_rcu_callback',
    'Frees a page table; its S-EPT page must be gone.',
    'S15 S17',
  ],
  [
    'tdp_iter|for_each_tdp_pte|for_each_tdp_pte_min_level|iter->old_spte|iter->yielded',
    'State of a walk through the tree; old_spte is the value that the walk read.',
    'S17',
    { weight: 1 },
  ],
]);

const FEATURES = table({ kind: 'function', source: 'arch/x86/kvm/x86.c' }, [
  [
    'kvm_set_or_clear_apicv_inhibit|__kvm_set_or_clear_apicv_inhibit|__kvm_vcpu_update_apicv|APIC_ACCESS_PAGE_PRIVATE_MEMSLOT',
    'APICv changes: the APIC page is unmapped through kvm_zap_gfn_range.',
    'S29 S09',
  ],
  [
    'kvm_noncoherent_dma_assignment_start_or_stop|kvm_arch_has_noncoherent_dma',
    'A device with non-coherent DMA comes or goes: everything is zapped, unless the quirk is off.',
    'S09',
  ],
  ['kvm_mmu_may_ignore_guest_pat', "Whether the guest's PAT may be ignored, in 6.12.", 'S09', { era: '6.12' }],
  ['kvm_mtrr_set_msr|update_mtrr', 'MTRR writes once zapped a range of the guest.', 'S09', { era: 'before 6.12' }],
  ['kvm_post_set_cr0', 'A change of CR0.CD once zapped the guest.', 'S09', { era: 'before 6.12' }],
  ['gfn_to_pfn_cache_invalidate_start|gpc', "The kernel's own cached mappings of guest pages.", 'S34', { weight: 1 }],
  [
    'kvm_async_pf',
    'A fault that waits for a page of shared memory; it must not install private memory.',
    '',
    { weight: 1 },
  ],
]);

export const MMU_TERMS: readonly Term[] = [...FAULT, ...ROOTS, ...ZAP, ...SPTES, ...FEATURES];
