/** Rows 1 to 15: the common MMU and the TDP MMU before there was confidential memory. */

import { ALL, MMU, TDP_MMU } from '../places';
import { type HistoryRow, seeded } from './row';

export const mmuRows: readonly HistoryRow[] = [
  {
    row: 1,
    subject: 'KVM: x86/mmu: Fix race condition in direct_page_fault',
    commit: '47b0c2e4c220',
    why: 'What raced was make_mmu_pages_available() under the read lock, which does something only where a nested guest has shadow pages; the model has none.',
  },
  {
    row: 2,
    subject: 'KVM: x86/mmu: Block all page faults during kvm_zap_gfn_range()',
    commit: '6d3085e4d89a',
    bug: {
      id: 'h02-zap-range-does-not-invalidate',
      title: 'KVM: x86/mmu: Rely on mmu_lock alone in kvm_zap_gfn_range()',
      wrong: 'A fault that looked at the gfn before the zap installs its mapping after it.',
      scenario: 'S29',
      file: MMU,
      function: 'kvm_zap_gfn_range',
      changes: [
        {
          find: 'kvm_mmu_invalidate_start(kvm); kvm_mmu_invalidate_range_add(kvm, gfn_start, gfn_end);',
          replace: '',
        },
        { find: 'kvm_mmu_invalidate_end(kvm);', replace: '' },
      ],
      breaks: ['no-install-while-invalidating', 'seq-recheck-under-lock', 'invalidate-balanced'],
      vm: ['default', 'sw-protected', 'snp'],
    },
  },
  {
    row: 3,
    subject: 'KVM: x86/mmu: Ensure TLBs are flushed when yielding during GFN range zap',
    commit: 'a835429cda91',
    bug: seeded('b39-yield-with-pending-flush'),
  },
  {
    row: 4,
    subject: 'KVM: x86/mmu: Ensure TLBs are flushed for TDP MMU during NX zapping',
    commit: '048f49809c52',
    bug: {
      id: 'h04-nx-zap-not-flushed',
      title: 'KVM: x86/mmu: Flush only for shadow pages when recovering NX huge pages',
      wrong: 'A page table that NX recovery zapped is freed while TLBs still hold entries that lead into it.',
      scenario: 'S15',
      file: MMU,
      function: 'kvm_recover_nx_huge_pages',
      changes: [
        {
          find: 'flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
          replace: 'kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
        },
      ],
      breaks: ['flush-before-unlock', 'pt-page-rcu-freed'],
      vm: ['default', 'sw-protected'],
    },
  },
  {
    row: 5,
    subject: 'KVM: x86/mmu: preserve pending TLB flush across calls to kvm_tdp_mmu_zap_sp',
    commit: '315f02c60d94',
    why: 'A later zap fails only where another task has just replaced that entry, and that task flushes all TLBs before it leaves the RCU section that keeps the tables: since row 66 the forgotten flush has no effect.',
  },
  {
    row: 6,
    subject: "KVM: x86/mmu: Don't allow TDP MMU to yield when recovering NX pages",
    commit: '(stable)',
    why: 'NX recovery no longer walks a range of gfns: it zaps one entry that the page table knows, and has no yield to forbid.',
  },
  {
    row: 7,
    subject: 'KVM: x86/mmu: Re-check under lock that TDP MMU SP hugepage is disallowed',
    commit: '21a36ac6b6c7',
    why: 'Only the end of dirty logging zaps such a table beside a fault, and only when a second vCPU has mapped a page below it since it was linked, which is before it is tracked: three threads in one order, and more states than a scenario may have.',
  },
  {
    row: 8,
    subject: 'KVM: x86/mmu: Ensure TDP MMU roots are freed after yield',
    commit: 'a889ea54b3da',
    bug: seeded('b34-iterator-keeps-references'),
  },
  {
    row: 9,
    subject: "KVM: x86/mmu: Don't advance iterator after restart due to yielding",
    commit: '3a0f64de479c',
    bug: seeded('b37-no-restart-after-yield'),
  },
  {
    row: 10,
    subject: 'KVM: x86/mmu: Open code leaf invalidation from mmu_notifier',
    commit: '50107e8b2a8a',
    bug: {
      id: 'h10-unmap-by-common-helper',
      title: 'KVM: x86/mmu: Unmap gfn ranges with kvm_tdp_mmu_zap_leafs()',
      wrong: 'A page is freed while a vCPU still runs on an invalid root that maps it, and a TD loses private memory.',
      scenario: 'S33',
      file: TDP_MMU,
      function: 'kvm_tdp_mmu_unmap_gfn_range',
      changes: [
        {
          find: `enum kvm_tdp_mmu_root_types types; struct kvm_mmu_page *root;
            types = kvm_gfn_range_filter_to_root_types(kvm, range->attr_filter) | KVM_INVALID_ROOTS;
            __for_each_tdp_mmu_root_yield_safe(kvm, root, range->slot->as_id, types)
            flush = tdp_mmu_zap_leafs(kvm, root, range->start, range->end, range->may_block, flush);
            return flush;`,
          replace: 'return kvm_tdp_mmu_zap_leafs(kvm, range->start, range->end, flush);',
        },
      ],
      breaks: ['unmap-covers-invalid-roots', 'unmap-before-free', 'notifier-shared-only', 'td-zap-only-requested'],
      vm: ALL,
    },
  },
  {
    row: 11,
    subject: 'KVM: x86/mmu: Do not filter address spaces in for_each_tdp_mmu_root_yield_safe()',
    commit: '441a5dfcd968',
    bug: seeded('b142-zap-in-one-address-space'),
  },
  {
    row: 12,
    subject: 'KVM: x86/mmu: Stop zapping invalidated TDP MMU roots asynchronously',
    commit: '0df9dab891ff',
    bug: seeded('b55-back-half-dropped'),
  },
  {
    row: 13,
    subject: 'KVM: x86/mmu: Retry page faults that hit an invalid memslot',
    commit: 'e0c378684b65',
    bug: {
      id: 'h13-invalid-slot-is-no-slot',
      title: 'KVM: x86/mmu: Handle faults on invalid memslots like those without a memslot',
      wrong: 'A fault caches MMIO for a gfn whose old mapping was not zapped yet.',
      scenario: 'S51',
      file: MMU,
      function: 'kvm_mmu_faultin_pfn',
      changes: [
        {
          find: 'if (slot->flags & KVM_MEMSLOT_INVALID) { if (fault->prefetch) return -EAGAIN; return RET_PF_RETRY; }',
          replace: 'if (slot->flags & KVM_MEMSLOT_INVALID)\n\t\treturn kvm_handle_noslot_fault(vcpu, fault, access);',
        },
      ],
      breaks: ['slot-delete-leaves-nothing', 'leaf-pfn-stable', 'kernel-bug', 'kernel-warning'],
      vm: ['default', 'sw-protected', 'tdx'],
    },
  },
  {
    row: 14,
    subject: 'KVM: x86/mmu: Prevent installing hugepages when mem attributes are changing',
    commit: '9129633d568e',
    bug: {
      id: 'h14-rest-of-huge-page-not-invalidated',
      title: 'KVM: x86/mmu: Invalidate only the gfns whose attributes change',
      wrong: 'A fault beside a conversion maps a huge page over the gfns that are being converted.',
      scenario: 'S46',
      file: MMU,
      function: 'kvm_arch_pre_set_memory_attributes',
      changes: [
        {
          find: `for (level = PG_LEVEL_2M; level <= KVM_MAX_HUGEPAGE_LEVEL; level++) {
            gfn_t start = gfn_round_for_level(range->start, level);
            gfn_t end = gfn_round_for_level(range->end - 1, level);
            gfn_t nr_pages = KVM_PAGES_PER_HPAGE(level);
            if ((start != range->start || start + nr_pages > range->end) && start >= slot->base_gfn &&
              start + nr_pages <= slot->base_gfn + slot->npages && !hugepage_test_mixed(slot, start, level))
              kvm_mmu_invalidate_range_add(kvm, start, start + nr_pages);
            if (end == start) continue;
            if ((end + nr_pages) > range->end && (end + nr_pages) <= (slot->base_gfn + slot->npages) &&
              !hugepage_test_mixed(slot, end, level))
              kvm_mmu_invalidate_range_add(kvm, end, end + nr_pages); }`,
          replace: '',
        },
        { find: 'struct kvm_memory_slot *slot = range->slot; int level;', replace: '' },
      ],
      breaks: ['huge-leaf-uniform', 'no-install-while-invalidating', 'attr-match-at-install'],
      vm: ['sw-protected', 'tdx'],
    },
  },
  {
    row: 15,
    subject: 'KVM: Allow CPU to reschedule while setting per-page memory attributes',
    commit: '47bb584237cc',
    why: 'A CPU that is not given back for long breaks no rule of the MMU; runs have steps, not time.',
  },
];
