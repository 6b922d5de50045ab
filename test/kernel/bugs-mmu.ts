/**
 * Seeded bugs of mmu.c and of the inline functions around it: faults, fast zap, memslot deletion, root
 * loading, attribute changes, NX recovery. Written from the kernel's source and the domain specification
 * alone.
 */
import type { Bug } from './edit';
import { ALL, LEFT_BEHIND, MMU, PRIVATE } from './places';

const KVM_HOST = 'include/linux/kvm_host.h';

export const mmuBugs: readonly Bug[] = [
  {
    id: 'b51-private-faults-never-stale',
    title: 'KVM: x86/mmu: Exempt private faults from mmu_notifier retries',
    wrong: 'A private fault installs a page that a hole punch or a conversion has taken away meanwhile.',
    scenario: 'S05',
    file: MMU,
    function: 'is_page_fault_stale',
    changes: [
      {
        find: 'return fault->slot && mmu_invalidate_retry_gfn',
        replace: 'return fault->slot && !fault->is_private &&\n\t       mmu_invalidate_retry_gfn',
      },
    ],
    breaks: ['seq-recheck-under-lock', 'no-install-while-invalidating', 'attr-match-at-install', 'unmap-before-free'],
    vm: PRIVATE,
  },
  {
    id: 'b52-obsolete-root-not-checked',
    title: 'KVM: x86/mmu: Trust kvm_mmu_reload() to have replaced obsolete roots',
    wrong: 'A fault maps into a root that was invalidated, and zapped, after the vCPU had loaded it.',
    scenario: 'S33',
    file: MMU,
    function: 'is_page_fault_stale',
    changes: [
      { find: 'if (sp && is_obsolete_sp(vcpu->kvm, sp)) return true;', replace: '' },
      { rename: 'sp', to: 'root_sp' },
    ],
    breaks: [...LEFT_BEHIND, 'seq-recheck-under-lock', 'root-refcount-sound', 'kernel-warning'],
    vm: ['default'],
  },
  {
    id: 'b53-reload-requested-too-early',
    title: 'KVM: x86/mmu: Request the reload of roots before invalidating them',
    wrong: 'A vCPU services the request while its root is still valid, keeps it, and runs on with stale translations.',
    scenario: 'S33',
    file: MMU,
    function: '__kvm_mmu_zap_all_fast_front_half',
    changes: [
      { find: 'kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);', replace: '' },
      {
        find: 'if (tdp_mmu_enabled) {',
        replace: 'kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);\n\n\tif (tdp_mmu_enabled) {',
      },
    ],
    breaks: [...LEFT_BEHIND, 'flush-before-unlock', 'root-refcount-sound', 'memory-safety', 'kernel-warning'],
    vm: ['default'],
  },
  {
    id: 'b54-loaded-root-not-flushed',
    title: 'KVM: x86/mmu: Skip the TLB flush when loading a new root',
    wrong: 'Translations of the root that was replaced live on in the TLB, since a fast zap does not flush.',
    scenario: 'S33',
    file: MMU,
    function: 'kvm_mmu_load',
    changes: [{ find: 'kvm_x86_call(flush_tlb_current)(vcpu);', replace: '' }],
    breaks: ['unmap-before-free', 'flush-before-unlock', 'slot-delete-leaves-nothing', 'pt-page-rcu-freed'],
    vm: ['default'],
  },
  {
    id: 'b55-back-half-dropped',
    title: 'KVM: x86/mmu: Leave zapping invalid roots to the vCPUs that drop them',
    wrong: 'A memslot is deleted while an invalid root still maps its pages, and that root is never put.',
    scenario: 'S33',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [{ find: 'if (zap_all) __kvm_mmu_zap_all_fast_back_half(kvm);', replace: '' }],
    breaks: [...LEFT_BEHIND, 'root-refcount-sound', 'kernel-warning'],
    vm: ['default'],
  },
  {
    id: 'b56-deleted-slot-end-inclusive',
    title: 'KVM: x86/mmu: Pass the last gfn of a deleted memslot',
    wrong: 'The last page of a deleted memslot stays mapped.',
    scenario: 'S02',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [{ find: 'slot->base_gfn + slot->npages', replace: 'slot->base_gfn + slot->npages - 1' }],
    breaks: LEFT_BEHIND,
    vm: PRIVATE,
  },
  {
    id: 'b57-no-flush-without-shadow-pages',
    title: 'KVM: x86/mmu: Tidy up kvm_mmu_zap_memslot_pages_and_flush()',
    wrong: 'The flush that the zap of the TDP MMU asked for is skipped.',
    scenario: 'S03',
    file: MMU,
    function: 'kvm_mmu_zap_memslot_pages_and_flush',
    changes: [
      { find: 'goto out_flush;', replace: 'return;' },
      { find: 'out_flush:', replace: '' },
      { rename: 'invalid_list', to: 'zap_list' },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: PRIVATE,
  },
  {
    id: 'b58-invalidation-not-ended',
    title: 'KVM: x86/mmu: Bail early from kvm_zap_gfn_range() if nothing was zapped',
    wrong: 'A zap that found nothing leaves its invalidation open, so faults in the range retry for ever.',
    scenario: 'S29',
    file: MMU,
    function: 'kvm_zap_gfn_range',
    changes: [
      {
        find: 'if (flush) kvm_flush_remote_tlbs_range(kvm, gfn_start, gfn_end - gfn_start); kvm_mmu_invalidate_end(kvm);',
        replace: `if (!flush)
		goto out_unlock;

	kvm_flush_remote_tlbs_range(kvm, gfn_start, gfn_end - gfn_start);

	kvm_mmu_invalidate_end(kvm);

out_unlock:`,
      },
    ],
    breaks: ['invalidate-balanced', 'fault-progress', 'livelock', 'kernel-warning'],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'b59-attribute-filter-swapped',
    title: 'KVM: x86/mmu: Pick the filter of an attribute change in one expression',
    wrong: 'A conversion zaps mappings of the kind that it converts to, and leaves those of the old kind.',
    scenario: 'S36',
    file: MMU,
    function: 'kvm_arch_pre_set_memory_attributes',
    changes: [
      {
        find: `if (range->arg.attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE) range->attr_filter = KVM_FILTER_SHARED;
          else range->attr_filter = KVM_FILTER_PRIVATE;`,
        replace: `range->attr_filter = range->arg.attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE ?
			     KVM_FILTER_PRIVATE : KVM_FILTER_SHARED;`,
      },
    ],
    breaks: [
      'unmap-before-convert',
      'attr-match-at-install',
      'filter-selects-right-roots',
      'pfn-not-private-and-shared',
    ],
    vm: ['tdx'],
  },
  {
    id: 'b60-mixed-flag-not-set',
    title: 'KVM: x86/mmu: Only clear stale "mixed" flags of a head page',
    wrong: 'A range with both kinds of pages is not marked as mixed and can be mapped with a huge page.',
    file: MMU,
    function: 'kvm_arch_post_set_memory_attributes',
    changes: [
      {
        find: 'hugepage_clear_mixed(slot, gfn, level); else hugepage_set_mixed(slot, gfn, level); } gfn += nr_pages;',
        replace: 'hugepage_clear_mixed(slot, gfn, level);\n\t\t\t}\n\t\t\tgfn += nr_pages;',
      },
    ],
    breaks: ['huge-leaf-uniform', 'attr-match-at-install'],
    vm: PRIVATE,
  },
  {
    id: 'b61-mismatch-checked-for-tdx-only',
    title: 'KVM: x86/mmu: Skip the attribute check where the fault was built from it',
    wrong: "A software-protected VM's fault keeps the kind that it looked up before the snapshot.",
    scenario: 'S04',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [
      {
        find: 'if (fault->is_private != kvm_mem_is_private',
        replace: 'if (kvm->arch.vm_type != KVM_X86_SW_PROTECTED_VM &&\n\t    fault->is_private != kvm_mem_is_private',
      },
    ],
    breaks: [
      'attr-match-at-install',
      'attr-read-after-seq',
      'spurious-exit-ok-stale-map-not',
      'pfn-not-private-and-shared',
    ],
    vm: ['sw-protected'],
  },
  {
    id: 'b62-prefault-retries-invalid-slot',
    title: 'KVM: x86/mmu: Treat prefaults of invalid memslots like any other fault',
    wrong: 'A prefault loops under SRCU for the end of a deletion that waits for SRCU.',
    scenario: 'S14',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [
      {
        find: 'if (slot->flags & KVM_MEMSLOT_INVALID) { if (fault->prefetch) return -EAGAIN; return RET_PF_RETRY; }',
        replace: 'if (slot->flags & KVM_MEMSLOT_INVALID)\n\t\treturn RET_PF_RETRY;',
      },
    ],
    breaks: ['no-srcu-self-deadlock', 'deadlock', 'livelock'],
    vm: ALL,
  },
  {
    id: 'b63-slot-zapped-under-read-lock',
    title: 'KVM: x86/mmu: Zap deleted memslots with mmu_lock held for read',
    wrong: 'Private pages are removed while other holders of the lock may update the same entries.',
    scenario: 'S02',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [
      { find: 'write_lock(&kvm->mmu_lock);', replace: 'read_lock(&kvm->mmu_lock);' },
      { find: 'write_unlock(&kvm->mmu_lock);', replace: 'read_unlock(&kvm->mmu_lock);' },
    ],
    breaks: ['private-remove-exclusive', 'lock-rule', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b64-private-pfn-mapped-under-write-lock',
    title: 'KVM: x86/mmu: Exclude zaps while mapping a private pfn',
    wrong: 'The atomic update of an SPTE runs with mmu_lock held for write, where a failure would be fatal.',
    scenario: 'S31',
    file: MMU,
    function: 'kvm_tdp_mmu_map_private_pfn',
    changes: [{ find: 'guard(read_lock)(&kvm->mmu_lock);', replace: 'guard(write_lock)(&kvm->mmu_lock);' }],
    breaks: ['lock-rule', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b65-prefault-before-finalize',
    title: 'KVM: x86/mmu: Leave it to vendor code to reject early prefaults',
    wrong: 'A prefault of a TD that is being built adds a page without a source.',
    scenario: 'S18',
    file: MMU,
    function: 'kvm_arch_vcpu_pre_fault_memory',
    changes: [{ find: 'if (!vcpu->kvm->arch.pre_fault_allowed) return -EOPNOTSUPP;', replace: '' }],
    breaks: ['add-before-final-aug-after', 'lock-rule', 'kernel-bug', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b66-mirror-root-taken-twice',
    title: 'KVM: x86/mmu: Always look up the mirror root when loading the direct root',
    wrong: 'Each reload of the direct root takes another reference to the mirror root, which is never put.',
    scenario: 'S21',
    file: MMU,
    function: 'mmu_alloc_direct_roots',
    changes: [
      {
        find: 'if (kvm_has_mirrored_tdp(vcpu->kvm) && !VALID_PAGE(mmu->mirror_root_hpa))',
        replace: 'if (kvm_has_mirrored_tdp(vcpu->kvm))',
      },
    ],
    breaks: ['root-refcount-sound', 'td-root-immutable', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b67-mirror-root-never-put',
    title: 'KVM: x86/mmu: Let kvm_mmu_unload() free all roots of a vCPU',
    wrong: "The vCPU's reference to the mirror root is never put, so the root outlives the VM.",
    scenario: 'S19',
    file: MMU,
    function: 'kvm_mmu_destroy',
    changes: [
      {
        find: `if (tdp_mmu_enabled) { read_lock(&vcpu->kvm->mmu_lock);
          mmu_free_root_page(vcpu->kvm, &vcpu->arch.mmu->mirror_root_hpa, NULL);
          read_unlock(&vcpu->kvm->mmu_lock); }`,
        replace: '',
      },
    ],
    breaks: ['root-refcount-sound', 'hkid-release-order', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b68-fast-fault-plain-store',
    title: 'KVM: x86/mmu: Avoid the locked cmpxchg in the fast page fault path',
    wrong: 'A fast fault brings back an SPTE that was zapped between its check and its store.',
    scenario: 'S28',
    file: MMU,
    function: 'fast_pf_fix_direct_spte',
    changes: [
      {
        find: 'if (!try_cmpxchg64(sptep, &old_spte, new_spte)) return false;',
        replace: 'if (READ_ONCE(*sptep) != old_spte)\n\t\treturn false;\n\n\tWRITE_ONCE(*sptep, new_spte);',
      },
    ],
    breaks: ['unmap-before-free', 'frozen-is-transient', 'flush-before-unlock', 'slot-delete-leaves-nothing'],
    vm: ['default'],
  },
  {
    id: 'b69-external-cache-not-topped-up',
    title: 'KVM: x86/mmu: Do not preallocate S-EPT pages for every fault',
    wrong: 'A fault takes S-EPT pages from a cache that nobody fills, and allocates under mmu_lock.',
    file: MMU,
    function: 'mmu_topup_memory_caches',
    changes: [
      {
        find: `if (kvm_has_mirrored_tdp(vcpu->kvm)) {
          r = kvm_mmu_topup_memory_cache(&vcpu->arch.mmu_external_spt_cache, PT64_ROOT_MAX_LEVEL);
          if (r) return r; }`,
        replace: '',
      },
    ],
    breaks: ['kernel-warning', 'kernel-bug', 'memory-safety', 'fault-progress'],
    vm: ['tdx'],
  },
  {
    id: 'b70-nx-flush-outside-rcu',
    title: 'KVM: x86/mmu: Leave the RCU section before the final flush of NX recovery',
    wrong: 'Page tables are freed while TLBs may still hold entries that lead into them.',
    scenario: 'S15',
    file: MMU,
    function: 'kvm_recover_nx_huge_pages',
    changes: [
      {
        find: `kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush); rcu_read_unlock();
          if (is_tdp_mmu) read_unlock`,
        replace: `rcu_read_unlock();

	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);

	if (is_tdp_mmu)
		read_unlock`,
      },
    ],
    breaks: ['pt-page-rcu-freed', 'flush-before-unlock', 'memory-safety'],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'b71-retry-skips-first-gfn',
    title: 'KVM: Tighten the range check of mmu_invalidate_retry_gfn()',
    wrong: 'A fault on the first page of a range that is being invalidated is not held off.',
    scenario: 'S13',
    file: KVM_HOST,
    function: 'mmu_invalidate_retry_gfn',
    changes: [{ find: 'gfn >= kvm->mmu_invalidate_range_start', replace: 'gfn > kvm->mmu_invalidate_range_start' }],
    breaks: ['no-install-while-invalidating', 'attr-match-at-install', 'unmap-before-free', 'mapping-has-binding'],
    vm: ALL,
  },
  {
    id: 'b72-retry-ignores-sequence',
    title: 'KVM: Return the range check of mmu_invalidate_retry_gfn() directly',
    wrong: 'While one invalidation is in progress, another one that has ended since the snapshot is overlooked.',
    file: KVM_HOST,
    function: 'mmu_invalidate_retry_gfn',
    changes: [
      {
        find: `if (gfn >= kvm->mmu_invalidate_range_start && gfn < kvm->mmu_invalidate_range_end) return 1; }`,
        replace: `return gfn >= kvm->mmu_invalidate_range_start &&
		       gfn < kvm->mmu_invalidate_range_end;
	}`,
      },
    ],
    breaks: ['seq-recheck-under-lock', 'attr-match-at-install', 'unmap-before-free'],
    vm: ALL,
  },
];
