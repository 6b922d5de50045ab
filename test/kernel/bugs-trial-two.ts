/**
 * Seeded bugs of common code, guest_memfd and the MMU. Written, with those of bugs-trial-two-firmware.ts, for a
 * second trial of the whole, by somebody else than that of bugs-trial.ts, who knew nothing of the model either.
 */
import type { Bug } from './edit';
import { ALL, GMEM, KVM_MAIN, LEFT_BEHIND, MMU, PRIVATE, TDP_MMU, X86 } from './places';

const SHADOWLESS = ['default', 'sw-protected'];

export const trialTwoBugs: readonly Bug[] = [
  {
    id: 'b176-huge-page-not-aligned',
    title: 'KVM: x86/mmu: Clear the address bits below the sub-page of a huge SPTE',
    wrong:
      'The huge page that replaces a table begins at the page of one of its entries, and maps what lies behind it.',
    scenario: 'S50',
    file: 'arch/x86/kvm/mmu/spte.c',
    function: 'make_huge_spte',
    changes: [{ find: 'KVM_HPAGE_MASK(level)', replace: 'KVM_HPAGE_MASK(level - 1)' }],
    breaks: ['unmap-before-free'],
    vm: ['default'],
  },
  {
    id: 'b177-stale-root-without-slot',
    title: 'KVM: x86/mmu: Bail early from the check for staleness if there is no slot',
    wrong: 'A fault without a memslot goes on in a root that was made obsolete.',
    scenario: 'S51',
    file: MMU,
    function: 'is_page_fault_stale',
    changes: [
      {
        find: 'struct kvm_mmu_page *sp = root_to_sp(vcpu->arch.mmu->root.hpa);',
        replace: `struct kvm_mmu_page *sp = root_to_sp(vcpu->arch.mmu->root.hpa);

	/* Emulated MMIO isn't backed by memory, i.e. can't be invalidated. */
	if (!fault->slot)
		return false;`,
      },
      { find: 'return fault->slot && mmu_invalidate_retry_gfn', replace: 'return mmu_invalidate_retry_gfn' },
    ],
    breaks: ['kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b178-mmio-during-update',
    title: 'KVM: x86/mmu: Compare only the generation of an MMIO SPTE',
    wrong: 'While memslots are being replaced, an MMIO SPTE of the generation before is taken for a current one.',
    scenario: 'S24',
    file: MMU,
    function: 'check_mmio_spte',
    changes: [{ find: 'if (unlikely(gen & KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS)) return false;', replace: '' }],
    breaks: ['mmio-where-no-slot'],
    vm: ALL,
  },
  {
    id: 'b179-generation-before-grace-period',
    title: 'KVM: Wait for SRCU last when swapping memslots',
    wrong: 'Whoever looked up the old memslots can cache what it found there under the new generation.',
    scenario: 'S24',
    file: KVM_MAIN,
    function: 'kvm_swap_active_memslots',
    changes: [
      { find: 'synchronize_srcu_expedited(&kvm->srcu);', replace: '' },
      {
        find: 'slots->generation = gen;',
        replace: 'slots->generation = gen;\n\n\tsynchronize_srcu_expedited(&kvm->srcu);',
      },
    ],
    breaks: ['mmio-where-no-slot'],
    vm: ALL,
  },
  {
    id: 'b180-flushed-before-invalid',
    title: 'KVM: Flush the shadow of a memslot before it is marked invalid',
    wrong: 'A fault between the two finds a valid memslot and maps its memory again.',
    scenario: 'S02',
    file: KVM_MAIN,
    function: 'kvm_invalidate_memslot',
    changes: [
      {
        find: 'kvm_swap_active_memslots(kvm, old->as_id); kvm_arch_flush_shadow_memslot(kvm, old);',
        replace: 'kvm_arch_flush_shadow_memslot(kvm, old);\n\tkvm_swap_active_memslots(kvm, old->as_id);\n',
      },
    ],
    breaks: LEFT_BEHIND,
    vm: ALL,
  },
  {
    id: 'b181-bindings-gone-before-end',
    title: 'KVM: guest_memfd: Destroy bindings under the invalidate lock',
    wrong: 'The end of the invalidation finds no binding, so it never ends.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_release',
    changes: [
      { find: 'xa_destroy(&f->bindings);', replace: '' },
      {
        find: '__kvm_gmem_invalidate_end(f, 0, -1ul);',
        replace: 'xa_destroy(&f->bindings);\n\t__kvm_gmem_invalidate_end(f, 0, -1ul);',
      },
    ],
    breaks: ['invalidate-balanced'],
    vm: PRIVATE,
  },
  {
    id: 'b182-unbind-without-invalidate-lock',
    title: 'KVM: guest_memfd: Rely on slots_lock to unbind',
    wrong: 'An invalidation that walks the bindings at the same time uses a memslot that is being freed.',
    scenario: 'S59',
    file: GMEM,
    function: 'kvm_gmem_unbind',
    changes: [
      { find: 'filemap_invalidate_lock(file->f_mapping);', replace: '' },
      { find: 'filemap_invalidate_unlock(file->f_mapping);', replace: '' },
    ],
    breaks: ['memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'b183-unlocked-before-end',
    title: 'KVM: guest_memfd: Unlock the file before the end of an error',
    wrong: 'The bindings may be others when the invalidation ends than they were when it began.',
    scenario: 'S59',
    file: GMEM,
    function: 'kvm_gmem_error_folio',
    changes: [
      { find: 'filemap_invalidate_unlock_shared(mapping);', replace: '' },
      {
        find: 'kvm_gmem_invalidate_start(mapping->host, start, end);',
        replace:
          'kvm_gmem_invalidate_start(mapping->host, start, end);\n\n\tfilemap_invalidate_unlock_shared(mapping);',
      },
    ],
    breaks: ['invalidate-balanced', 'memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'b184-private-page-faulted-in',
    title: 'KVM: guest_memfd: Drop a redundant check of user faults',
    wrong: 'A file that user space may map need not be shared, and its private pages are mapped by the host.',
    scenario: 'S07',
    file: GMEM,
    function: 'kvm_gmem_fault_user_mapping',
    changes: [{ find: 'if (!kvm_gmem_is_shared_mem(inode, vmf->pgoff)) return VM_FAULT_SIGBUS;', replace: '' }],
    breaks: ['pfn-not-private-and-shared'],
    vm: PRIVATE,
  },
  {
    id: 'b185-head-cut-at-its-end',
    title: 'KVM: x86/mmu: Drop a redundant check of the head in pre attributes',
    wrong: 'A range that begins with a huge page and ends within it does not keep faults from mapping it.',
    scenario: 'S46',
    file: MMU,
    function: 'kvm_arch_pre_set_memory_attributes',
    changes: [
      {
        find: '(start != range->start || start + nr_pages > range->end) && start >= slot->base_gfn',
        replace: 'start != range->start && start >= slot->base_gfn',
      },
    ],
    breaks: ['huge-leaf-uniform', 'no-install-while-invalidating'],
    vm: PRIVATE,
  },
  {
    id: 'b186-write-protection-of-huge-pages',
    title: 'KVM: x86: Fold write protection for dirty logging',
    wrong: 'Without PML, 4K pages stay writable, and writes to them are not logged.',
    scenario: 'S66',
    file: X86,
    function: 'kvm_mmu_slot_apply_flags',
    changes: [
      {
        find: `if (kvm->arch.cpu_dirty_log_size) { kvm_mmu_slot_leaf_clear_dirty(kvm, new);
          kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_2M);
          } else { kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_4K); }`,
        replace: `if (kvm->arch.cpu_dirty_log_size)
			kvm_mmu_slot_leaf_clear_dirty(kvm, new);
		kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_2M);`,
      },
    ],
    breaks: ['dirty-log-complete'],
    vm: SHADOWLESS,
  },
  {
    id: 'b187-last-of-mask-left-out',
    title: 'KVM: x86/mmu: Bound the walk of clear_dirty_pt_masked()',
    wrong: 'The end of the walk is exclusive, so the last page of the mask stays writable.',
    scenario: 'S66',
    file: TDP_MMU,
    function: 'clear_dirty_pt_masked',
    changes: [
      {
        find: 'gfn + BITS_PER_LONG) { if (!mask) break; KVM_MMU_WARN_ON(',
        replace: 'gfn + __fls(mask)) {\n\t\tKVM_MMU_WARN_ON(',
      },
    ],
    breaks: ['dirty-log-complete'],
    vm: SHADOWLESS,
  },
  {
    id: 'b188-request-without-kick',
    title: 'KVM: x86/mmu: Request the reload of roots for each vCPU',
    wrong: 'A vCPU stays in the guest, on a root whose tables are freed.',
    scenario: 'S21',
    file: MMU,
    function: '__kvm_mmu_zap_all_fast_front_half',
    changes: [
      {
        find: 'lockdep_assert_held(&kvm->slots_lock);',
        replace: 'struct kvm_vcpu *vcpu;\n\tunsigned long i;\n\n\tlockdep_assert_held(&kvm->slots_lock);',
      },
      {
        find: 'kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);',
        replace: `kvm_for_each_vcpu(i, vcpu, kvm)
		kvm_make_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu);`,
      },
    ],
    breaks: ['pt-page-rcu-freed'],
    vm: ALL,
  },
  {
    id: 'b189-reload-requested-up-front',
    title: 'KVM: x86/mmu: Request the reload of roots up front in the fast zap',
    wrong: 'A vCPU services the request before its root is invalid, and stays on it.',
    scenario: 'S02',
    file: MMU,
    function: '__kvm_mmu_zap_all_fast_front_half',
    changes: [
      { find: 'kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);', replace: '' },
      {
        find: 'kvm->arch.mmu_valid_gen = kvm->arch.mmu_valid_gen ? 0 : 1;',
        replace: `kvm->arch.mmu_valid_gen = kvm->arch.mmu_valid_gen ? 0 : 1;

	/* Signal vCPUs first, so that the IPIs overlap with the walk. */
	kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);`,
      },
    ],
    breaks: [...LEFT_BEHIND, 'flush-before-unlock', 'pt-page-rcu-freed', 'root-refcount-sound', 'memory-safety'],
    vm: ['default'],
  },
  {
    id: 'b190-memslots-outside-srcu',
    title: 'KVM: Check for a memslot before prefaulting',
    wrong: 'The memslots are searched after the end of the SRCU read side that kept them.',
    scenario: 'S51',
    file: KVM_MAIN,
    function: 'kvm_vcpu_pre_fault_memory',
    changes: [
      { find: 'idx = srcu_read_lock(&vcpu->kvm->srcu);', replace: '' },
      { find: 'srcu_read_unlock(&vcpu->kvm->srcu, idx);', replace: '' },
      { find: 'int idx;', replace: 'struct kvm_memslots *memslots;\n\tint idx;' },
      {
        find: 'r = kvm_arch_vcpu_pre_fault_memory(vcpu, range);',
        replace: `idx = srcu_read_lock(&vcpu->kvm->srcu);
		memslots = kvm_vcpu_memslots(vcpu);
		srcu_read_unlock(&vcpu->kvm->srcu, idx);
		if (!__gfn_to_memslot(memslots, gpa_to_gfn(range->gpa))) {
			r = -ENOENT;
			break;
		}

		r = kvm_arch_vcpu_pre_fault_memory(vcpu, range);`,
      },
    ],
    breaks: ['memory-safety'],
    vm: ALL,
  },
  {
    id: 'b191-gmem-slot-moved-down',
    title: 'KVM: Refuse to move memslots with a guest_memfd upwards',
    wrong: 'A memslot with a guest_memfd can be moved downwards, and the new one has no binding.',
    scenario: 'S30',
    file: KVM_MAIN,
    function: 'kvm_set_memory_region',
    changes: [
      {
        find: 'if (mem->flags & KVM_MEM_GUEST_MEMFD) return -EINVAL;',
        replace: `if ((mem->flags & KVM_MEM_GUEST_MEMFD) &&
		    mem->guest_phys_addr > old->base_gfn << PAGE_SHIFT)
			return -EINVAL;`,
      },
    ],
    breaks: ['gmem-slot-restricted', 'td-zap-only-requested', 'kernel-warning'],
    vm: PRIVATE,
  },
  {
    id: 'b192-counted-down-before-end',
    title: 'KVM: Wake up memslot updates as early as possible',
    wrong: 'Memslots may be replaced before the invalidation ends, which then ends on others than it began on.',
    scenario: 'S33',
    file: KVM_MAIN,
    function: 'kvm_mmu_notifier_invalidate_range_end',
    changes: [
      { find: 'kvm_handle_hva_range(kvm, &hva_range);', replace: '' },
      {
        find: 'rcuwait_wake_up(&kvm->mn_memslots_update_rcuwait);',
        replace: 'rcuwait_wake_up(&kvm->mn_memslots_update_rcuwait);\n\n\tkvm_handle_hva_range(kvm, &hva_range);',
      },
    ],
    breaks: ['invalidate-balanced'],
    vm: ALL,
  },
  {
    id: 'b193-level-of-first-huge-page',
    title: 'KVM: x86/mmu: Look up the level of a memslot once when recovering huge pages',
    wrong: 'The level of the first huge page is taken for that of all, and pages that do not adjoin are mapped as one.',
    file: TDP_MMU,
    function: 'recover_huge_pages_range',
    changes: [
      { find: 'max_mapping_level = kvm_mmu_max_mapping_level(kvm, NULL, slot, iter.gfn);', replace: '' },
      {
        find: 'rcu_read_lock();',
        replace: 'max_mapping_level = kvm_mmu_max_mapping_level(kvm, NULL, slot, start);\n\n\trcu_read_lock();',
      },
    ],
    breaks: ['unmap-before-free'],
    vm: ['default'],
  },
];
