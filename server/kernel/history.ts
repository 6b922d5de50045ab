/**
 * Names that changed over the years: from the names that a patch of some era uses to those of the
 * reference (kernel 7.3). Data only, mostly from domain.md 2.19 and section 5; what a name means is not known here.
 */

export interface NameChange {
  readonly old: string;
  readonly now: string;
  readonly kind: 'function' | 'field' | 'constant' | 'type' | 'macro';
  /** Kernels, or the series on the list, that use the old name. */
  readonly era: string;
  readonly source: string;
}

const MAP = 'domain.md 2.19';
const WORDS = 'domain.md 5';
/** From general knowledge of the kernel's history; not in domain.md and not checked against an old tree. */
const RECALLED = 'kernel history, unchecked';

/** Names of svm/sev.c that stand in kernel 6.12, and not in 7.3. */
const READ = 'kernels 6.12, 7.2 and 7.3';

type Row = readonly [old: string, now: string, kind: NameChange['kind'], era: string, source: string];

const ROWS: readonly Row[] = [
  ['kvm_mmu_invalidate_begin', 'kvm_mmu_invalidate_start', 'function', '6.12 to 7.1', MAP],
  ['kvm_gmem_invalidate_begin', 'kvm_gmem_invalidate_start', 'function', '6.12 to 7.1', MAP],
  ['kvm_inc_notifier_count', 'kvm_mmu_invalidate_start', 'function', 'before 6.1', MAP],
  ['kvm_dec_notifier_count', 'kvm_mmu_invalidate_end', 'function', 'before 6.1', RECALLED],
  ['mmu_notifier_seq', 'mmu_invalidate_seq', 'field', 'before 6.1', RECALLED],
  ['mmu_notifier_count', 'mmu_invalidate_in_progress', 'field', 'before 6.1', RECALLED],
  ['mmu_notifier_range_start', 'mmu_invalidate_range_start', 'field', 'before 6.1', RECALLED],
  ['mmu_notifier_range_end', 'mmu_invalidate_range_end', 'field', 'before 6.1', RECALLED],
  ['mmu_notifier_retry', 'mmu_invalidate_retry', 'function', 'before 6.1', RECALLED],
  ['mmu_notifier_retry_hva', 'mmu_invalidate_retry_gfn', 'function', 'before 6.1', RECALLED],
  ['mmu_invalidate_retry_hva', 'mmu_invalidate_retry_gfn', 'function', '6.1 to 6.7', RECALLED],
  ['kvm_gmem', 'gmem_file', 'type', '6.8 to 6.18', MAP],
  ['kvm_slot_can_be_private', 'kvm_slot_has_gmem', 'function', '6.8 to 6.16', MAP],
  ['kvm_arch_gmem_prepare', 'kvm_arch_gmem_make_private', 'function', '6.10 to 7.2', MAP],
  ['kvm_arch_gmem_invalidate', 'kvm_arch_gmem_reclaim', 'function', '6.10 to 7.2', MAP],
  ['gmem_prepare', 'gmem_make_private', 'field', '6.10 to 7.2', MAP],
  ['gmem_invalidate', 'gmem_make_shared', 'field', '6.10 to 7.2', MAP],
  ['kvm_gmem_bind', 'kvm_gmem_prepare_memory_region', 'function', '6.8 to 7.2', MAP],
  ['sev_gmem_prepare', 'sev_gmem_make_private', 'function', '6.11 to 7.2', READ],
  ['sev_gmem_invalidate', 'sev_gmem_make_shared', 'function', '6.11 to 7.2', READ],
  ['sev_private_max_mapping_level', 'sev_gmem_max_mapping_level', 'function', '6.11 to 6.16', READ],
  ['__sev_snp_update_protected_guest_state', '__sev_snp_reload_vmsa', 'function', '6.11 to before 7.2', READ],
  ['snp_vmsa_gpa', 'snp_pending_vmsa_gpa', 'field', '6.11 to before 7.2', READ],
  ['handle_rmp_page_fault', 'sev_handle_rmp_fault', 'function', 'SNP series to v12', RECALLED],
  ['sev_flush_guest_memory', 'sev_flush_encrypted_page', 'function', 'to 5.17', RECALLED],
  ['private_max_mapping_level', 'gmem_max_mapping_level', 'field', '6.10 to 6.16', MAP],
  ['kvm_max_private_mapping_level', 'kvm_gmem_max_mapping_level', 'function', '6.10 to 6.16', RECALLED],
  ['set_private_spte', 'set_external_spte', 'field', 'TDX series to v18', MAP],
  ['reflect_set_spte', 'set_external_spte', 'field', 'TDX MMU part 2 v1', MAP],
  ['zap_private_spte', 'set_external_spte', 'field', 'TDX series to v18', MAP],
  ['remove_external_spte', 'set_external_spte', 'field', '6.14 to 6.19', MAP],
  ['link_external_spt', 'set_external_spte', 'field', '6.14 to 6.19', MAP],
  ['reflect_free_spt', 'free_external_spt', 'field', 'TDX MMU part 2 v1', RECALLED],
  ['free_private_spt', 'free_external_spt', 'field', 'TDX series to v18', MAP],
  ['private_root_hpa', 'mirror_root_hpa', 'field', 'TDX series to v19', MAP],
  ['is_private_sp', 'is_mirror_sp', 'function', 'TDX series to v19', MAP],
  ['is_private_sptep', 'is_mirror_sptep', 'function', 'TDX series to v19', RECALLED],
  ['is_private', 'is_mirror', 'field', 'TDX series to v19, only in roles', WORDS],
  ['private_spt', 'external_spt', 'field', 'TDX series to v19', MAP],
  ['mirrored_spt', 'external_spt', 'field', 'TDX MMU part 2 v1', MAP],
  ['kvm_mmu_alloc_private_spt', 'kvm_mmu_alloc_external_spt', 'function', 'TDX series to v19', RECALLED],
  ['mmu_private_spt_cache', 'mmu_external_spt_cache', 'field', 'TDX series to v19', RECALLED],
  ['kvm_gfn_shared_mask', 'kvm_gfn_direct_bits', 'function', 'TDX series, part 1 (seed 004)', MAP],
  ['gfn_shared_mask', 'gfn_direct_bits', 'field', 'TDX series, part 1', WORDS],
  ['REMOVED_SPTE', 'FROZEN_SPTE', 'constant', '5.11 to 6.11 (seed 003)', MAP],
  ['is_removed_spte', 'is_frozen_spte', 'function', '5.11 to 6.11', WORDS],
  ['handle_removed_tdp_mmu_page', 'handle_removed_pt', 'function', '5.11 to 5.16', RECALLED],
  ['KVM_PROCESS_SHARED', 'KVM_FILTER_SHARED', 'constant', 'TDX MMU part 2 v1', WORDS],
  ['KVM_PROCESS_PRIVATE', 'KVM_FILTER_PRIVATE', 'constant', 'TDX MMU part 2 v1', WORDS],
  ['kvm_tdp_mmu_invalidate_all_roots', 'kvm_tdp_mmu_invalidate_roots', 'function', 'to 6.13', MAP],
  ['kvm_tdp_mmu_zap_sp', 'kvm_tdp_mmu_zap_possible_nx_huge_page', 'function', 'to 6.17', MAP],
  ['kvm_recover_nx_lpages', 'kvm_recover_nx_huge_pages', 'function', 'to 6.2', RECALLED],
  ['kvm_tdp_map_page', 'kvm_tdp_page_prefault', 'function', '6.11 to 6.18', MAP],
  ['kvm_tdp_mmu_map_gpa', 'kvm_tdp_mmu_map_private_pfn', 'function', 'TDX series to v18', MAP],
  ['kvm_mmu_zap_memslot', 'kvm_arch_flush_shadow_memslot', 'function', '6.14 to 6.18', MAP],
  ['kvm_mmu_zap_memslot_leafs', 'kvm_arch_flush_shadow_memslot', 'function', '6.11 to 6.13 (seed 000)', MAP],
  ['kvm_mmu_invalidate_zap_pages_in_memslot', 'kvm_arch_flush_shadow_memslot', 'function', 'to 6.3', RECALLED],
  ['tdx_sept_zap_private_spte', 'tdx_sept_remove_leaf_spte', 'function', 'TDX series to 6.19', MAP],
  ['tdx_sept_drop_private_spte', 'tdx_sept_remove_leaf_spte', 'function', 'TDX series to 6.19', MAP],
  ['tdx_sept_remove_private_spte', 'tdx_sept_remove_leaf_spte', 'function', '6.16 to 6.19', MAP],
  ['tdx_sept_link_private_spt', 'tdx_sept_map_nonleaf_spte', 'function', '6.16 to 6.19', RECALLED],
  ['tdx_sept_set_private_spte', 'tdx_sept_set_private_spte', 'function', 'all', MAP],
  ['tdx_vcpu_pre_run', 'vcpu_needs_initialization', 'function', '6.16 to 7.2', MAP],
  ['kvm_faultin_pfn', 'kvm_mmu_faultin_pfn', 'function', 'to 6.12', RECALLED],
  ['kvm_tdp_mmu_zap_gfn_range', 'kvm_tdp_mmu_zap_leafs', 'function', 'to 5.17', RECALLED],
  ['restrictedmem_data', 'gmem_file', 'type', 'UPM series v10', MAP],
  ['only_private', 'attr_filter', 'field', '2023 series', WORDS],
  ['only_shared', 'attr_filter', 'field', '2023 series', WORDS],
];

/** The whole table; rows that change nothing are left out. */
export const NAME_HISTORY: readonly NameChange[] = ROWS.filter(([old, now]) => old !== now).map(
  ([old, now, kind, era, source]) => ({ old, now, kind, era, source }),
);

const BY_OLD = new Map(NAME_HISTORY.map((change) => [change.old, change]));
/** Renamed only where they stand behind a role or meant another shape: not safe to replace in C text. */
const NOT_IN_TEXT = new Set(['is_private', 'only_private', 'only_shared', 'kvm_gmem', 'restrictedmem_data']);

/** The change that made `name` old, or null for a name that is of today or unknown. */
export function nameChange(name: string): NameChange | null {
  return BY_OLD.get(name) ?? null;
}

/** Today's spelling of an identifier in C text. `known` says which names the target itself defines: those stay. */
export function todaysName(name: string, known: (name: string) => boolean): string {
  if (known(name) || NOT_IN_TEXT.has(name)) return name;
  const change = BY_OLD.get(name);
  return change && known(change.now) ? change.now : name;
}

/** The functions of today that an old function's code may live in now, the likeliest first. */
export function todaysFunctions(name: string): readonly string[] {
  const change = BY_OLD.get(name);
  return change?.kind === 'function' ? [change.now] : [];
}
