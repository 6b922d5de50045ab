/** What a seeded bug may be expected to break: the ids of the domain's invariants, and the oracles. */

export const INVARIANTS = [
  'accepted-data-preserved',
  'add-before-final-aug-after',
  'attr-match-at-install',
  'attr-read-after-seq',
  'block-track-remove-order',
  'busy-handled-in-place',
  'conversion-done-when-told',
  'destroy-notifier-first',
  'dirty-log-complete',
  'end-bumps-seq-first',
  'exclusive-failure-is-fatal',
  'fast-zap-spares-mirror',
  'fault-progress',
  'filter-selects-right-roots',
  'flush-before-unlock',
  'freed-table-maps-nothing',
  'freeze-around-seamcall',
  'frozen-is-transient',
  'gmem-binding-safe',
  'gmem-slot-restricted',
  'hkid-release-order',
  'huge-leaf-uniform',
  'invalidate-balanced',
  'leaf-pfn-stable',
  'mapping-has-binding',
  'mirror-sept-in-sync',
  'mn-vs-memslot-serialised',
  'no-entry-during-zap-retry',
  'no-install-while-invalidating',
  'no-lock-cycle',
  'no-srcu-self-deadlock',
  'no-zap-gfn-range-on-td',
  'notifier-shared-only',
  'nx-recovery-skips-mirror',
  'parent-first-child-last',
  'pfn-not-private-and-shared',
  'pfn-one-private-owner',
  'private-pages-not-migrated',
  'private-remove-exclusive',
  'pt-page-rcu-freed',
  'root-of-address-space',
  'root-refcount-sound',
  'seq-recheck-under-lock',
  'shared-failure-rolls-back',
  'slot-delete-leaves-nothing',
  'snp-assign-before-map',
  'snp-unassign-before-free',
  'snp-unmap-before-rmpchange',
  'snp-vmsa-tracks-memory',
  'spurious-exit-ok-stale-map-not',
  'td-nonleaf-immortal',
  'td-root-immutable',
  'td-zap-only-requested',
  'track-then-kick-atomic',
  'unmap-before-convert',
  'unmap-before-free',
  'unmap-covers-invalid-roots',
  'vm-dead-terminates',
  'zap-covers-address-spaces',
] as const;

export const ORACLES = [
  'memory-safety',
  'kernel-bug',
  'kernel-warning',
  'lock-rule',
  'seamcall-refused',
  'deadlock',
  'livelock',
] as const;

/**
 * Invariants that no bug of a few lines was seen to break, and why: another check in the kernel's own code
 * stands before or behind the one that would be changed.
 */
export const UNBROKEN: Readonly<Record<string, string>> = {
  'leaf-pfn-stable':
    'tdp_mmu_map_handle_target_level() takes a present leaf for a spurious fault and warns before another pfn could be stored; only together with a missing staleness check is it reached.',
  'nx-recovery-skips-mirror':
    'private faults come as writes, guest_memfd maps 4 KiB only, and a page table is listed only below a larger requested level: three changes in two files would be needed.',
};
