/**
 * Seeded bugs on the source of 7.2 and of 6.12, six each; those of 6.12, which has no TDX, in common code.
 * Written from those releases' source and the domain specification alone.
 */
import type { Bug } from './edit';
import { ALL, GMEM, KVM_MAIN, MMU, PRIVATE, TDP_MMU, TDX } from './places';

export const releaseBugs: readonly Bug[] = [
  {
    id: 'c01-new-value-written-on-failure',
    release: '7.2',
    title: 'KVM: x86/mmu: Unfreeze the mirror SPTE in one place',
    wrong: 'The mirror gets its new entry although the TDX module refused the update.',
    scenario: 'S17',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [
      {
        find: `if (ret) __kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);
          else __kvm_tdp_mmu_write_spte(iter->sptep, new_spte);`,
        replace: '__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);',
      },
    ],
    breaks: ['mirror-sept-in-sync', 'shared-failure-rolls-back', 'memory-safety', 'seamcall-refused', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'c02-yield-before-mapping',
    release: '7.2',
    title: 'KVM: x86/mmu: Give way to contenders of mmu_lock before mapping',
    wrong: 'An invalidation that runs while the fault has yielded goes unnoticed.',
    scenario: 'S05',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [
      {
        find: 'r = kvm_tdp_mmu_map(vcpu, fault);',
        replace: 'cond_resched_rwlock_read(&vcpu->kvm->mmu_lock);\n\n\tr = kvm_tdp_mmu_map(vcpu, fault);',
      },
    ],
    breaks: ['seq-recheck-under-lock', 'no-install-while-invalidating', 'attr-match-at-install', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'c03-gfn-walk-one-page-short',
    release: '7.2',
    title: 'KVM: Clamp the end of a gfn range to the last page of the memslot',
    wrong: 'The last page of a conversion that reaches the end of its memslot keeps its old mapping.',
    scenario: 'S04',
    file: KVM_MAIN,
    function: 'kvm_handle_gfn_range',
    changes: [{ find: 'slot->base_gfn + slot->npages);', replace: 'slot->base_gfn + slot->npages - 1);' }],
    breaks: ['unmap-before-convert', 'attr-match-at-install', 'invalidate-balanced', 'no-install-while-invalidating'],
    vm: PRIVATE,
  },
  {
    id: 'c04-removed-before-tracked',
    release: '7.2',
    title: 'KVM: TDX: Track once the page was removed',
    wrong: 'The page is removed before its translations are tracked, which the TDX module refuses.',
    scenario: 'S12',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      { find: 'tdx_track(kvm);', replace: '' },
      {
        find: 'err = tdh_phymem_page_wbinvd_hkid',
        replace: 'tdx_track(kvm);\n\n\terr = tdh_phymem_page_wbinvd_hkid',
      },
    ],
    breaks: ['block-track-remove-order', 'seamcall-refused', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'c05-retry-without-flag',
    release: '7.2',
    title: 'KVM: TDX: Rely on the kick alone when retrying a SEAMCALL',
    wrong: 'Nothing keeps a vCPU that was kicked from entering again before the retry.',
    scenario: 'S10',
    file: TDX,
    function: 'tdh_do_no_vcpus',
    changes: [{ find: 'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);', replace: '' }],
    breaks: ['no-entry-during-zap-retry', 'seamcall-refused', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'c06-dying-file-not-unbound',
    release: '7.2',
    title: 'KVM: guest_memfd: Leave the bindings of a dying file to its release',
    wrong: 'A memslot that is deleted while its file is being closed is freed but stays among the bindings.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_unbind',
    changes: [
      {
        find: 'if (!file) { __kvm_gmem_unbind(slot, slot->gmem.file->private_data); return; }',
        replace: 'if (!file)\n\t\treturn;',
      },
    ],
    breaks: ['gmem-binding-safe', 'memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'd01-unmap-valid-roots-only',
    release: '6.12',
    title: 'KVM: x86/mmu: Unmap gfn ranges in valid roots only',
    wrong: 'A page is freed while a vCPU still runs on an invalid root that maps it.',
    scenario: 'S33',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_unmap_gfn_range',
    changes: [{ find: 'range->slot->as_id, false)', replace: 'range->slot->as_id, true)' }],
    breaks: ['unmap-covers-invalid-roots', 'unmap-before-free'],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'd02-snapshot-after-pfn',
    release: '6.12',
    title: 'KVM: x86/mmu: Take the invalidation snapshot once the pfn is known',
    wrong: 'An invalidation between the lookup of the pfn and the snapshot goes unnoticed.',
    scenario: 'S05',
    file: MMU,
    function: 'kvm_faultin_pfn',
    changes: [
      {
        find: 'ret = __kvm_faultin_pfn(vcpu, fault);',
        replace:
          'ret = __kvm_faultin_pfn(vcpu, fault);\n\tfault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;\n\tsmp_rmb();',
      },
    ],
    breaks: ['seq-recheck-under-lock', 'attr-read-after-seq', 'attr-match-at-install', 'unmap-before-free'],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'd03-hole-truncated-first',
    release: '6.12',
    title: 'KVM: guest_memfd: Truncate before walking the list of files',
    wrong: 'Pages are free while the guest still has them mapped.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      { find: 'truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);', replace: '' },
      {
        find: 'filemap_invalidate_lock(inode->i_mapping);',
        replace: `filemap_invalidate_lock(inode->i_mapping);

	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);`,
      },
    ],
    breaks: ['unmap-before-free'],
    vm: ['sw-protected'],
  },
  {
    id: 'd04-slot-zap-without-flush',
    release: '6.12',
    title: 'KVM: x86/mmu: Do not pass "flush" through the memslot zap',
    wrong: 'mmu_lock is dropped after a memslot was zapped without a TLB flush.',
    scenario: 'S03',
    file: MMU,
    function: 'kvm_mmu_zap_memslot',
    changes: [
      { find: 'bool flush;', replace: '' },
      {
        find: 'flush = kvm_unmap_gfn_range(kvm, &range); kvm_mmu_zap_memslot_pages_and_flush(kvm, slot, flush);',
        replace: 'kvm_unmap_gfn_range(kvm, &range);\n\tkvm_mmu_zap_memslot_pages_and_flush(kvm, slot, false);',
      },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ['sw-protected'],
  },
  {
    id: 'd05-folio-put-twice',
    release: '6.12',
    title: 'KVM: guest_memfd: Put the folio on all paths of get_pfn()',
    wrong: 'The reference that goes with the pfn to the caller is put already, and the caller puts it again.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_get_pfn',
    changes: [{ find: 'if (r < 0) folio_put(folio);', replace: 'folio_put(folio);' }],
    breaks: ['memory-safety', 'unmap-before-free'],
    vm: ['sw-protected'],
  },
  {
    id: 'd06-fast-zap-not-finished',
    release: '6.12',
    title: 'KVM: x86/mmu: Zap invalidated roots when their last user drops them',
    wrong: 'A memslot is deleted while an invalid root still maps its pages.',
    scenario: 'S33',
    file: MMU,
    function: 'kvm_mmu_zap_all_fast',
    changes: [{ find: 'if (tdp_mmu_enabled) kvm_tdp_mmu_zap_invalidated_roots(kvm);', replace: '' }],
    breaks: ['slot-delete-leaves-nothing', 'unmap-before-free', 'root-refcount-sound', 'kernel-warning'],
    vm: ['default'],
  },
];
