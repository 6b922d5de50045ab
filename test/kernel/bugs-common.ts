/**
 * Seeded bugs of kvm_main.c and of x86.c's few callers: invalidation, MMU notifiers, memory attributes,
 * memslots, requests, destruction. Written from the kernel's source and the domain specification alone.
 */
import type { Bug } from './edit';
import { ALL, KVM_MAIN, PRIVATE, X86 } from './places';

export const commonBugs: readonly Bug[] = [
  {
    id: 'b73-range-reset-by-second-start',
    title: 'KVM: Start every invalidation with an empty range',
    wrong: 'The start of a second invalidation makes KVM forget the range of the first.',
    file: KVM_MAIN,
    function: 'kvm_mmu_invalidate_start',
    changes: [
      {
        find: `if (likely(kvm->mmu_invalidate_in_progress == 1)) {
          kvm->mmu_invalidate_range_start = INVALID_GPA; kvm->mmu_invalidate_range_end = INVALID_GPA; }`,
        replace: 'kvm->mmu_invalidate_range_start = INVALID_GPA;\n\tkvm->mmu_invalidate_range_end = INVALID_GPA;',
      },
    ],
    breaks: ['no-install-while-invalidating', 'unmap-before-free', 'attr-match-at-install'],
    vm: ALL,
  },
  {
    id: 'b74-attribute-invalidation-ends-early',
    title: 'KVM: Update hugepage info right after zapping the old mappings',
    wrong: 'The invalidation of a conversion ends before the attribute is stored, so a fault maps the old kind again.',
    scenario: 'S04',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [
      { find: 'kvm_handle_gfn_range(kvm, &post_set_range);', replace: '' },
      {
        find: 'kvm_handle_gfn_range(kvm, &pre_set_range);',
        replace: 'kvm_handle_gfn_range(kvm, &pre_set_range);\n\tkvm_handle_gfn_range(kvm, &post_set_range);',
      },
    ],
    breaks: ['attr-match-at-install', 'unmap-before-convert'],
    vm: PRIVATE,
  },
  {
    id: 'b75-attribute-handlers-swapped',
    title: 'KVM: Recompute hugepage info before zapping when attributes change',
    wrong: 'The old mappings are zapped only after the attribute was stored and the invalidation has ended.',
    scenario: 'S04',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [
      {
        find: '.handler = kvm_arch_post_set_memory_attributes,',
        replace: '.handler = kvm_pre_set_memory_attributes,\n\t\t.flush_on_ret = true,',
      },
      {
        find: '.handler = kvm_pre_set_memory_attributes, .on_lock = kvm_mmu_invalidate_start, .flush_on_ret = true,',
        replace: '.handler = kvm_arch_post_set_memory_attributes,\n\t\t.on_lock = kvm_mmu_invalidate_start,',
      },
    ],
    breaks: ['unmap-before-convert', 'attr-match-at-install', 'no-install-while-invalidating', 'kernel-warning'],
    vm: PRIVATE,
  },
  {
    id: 'b76-attribute-range-not-added',
    title: 'KVM: Let architectures add the ranges of an attribute change',
    wrong: 'No range is held off while attributes change, so a fault installs the old kind.',
    scenario: 'S04',
    file: KVM_MAIN,
    function: 'kvm_pre_set_memory_attributes',
    changes: [{ find: 'kvm_mmu_invalidate_range_add(kvm, range->start, range->end);', replace: '' }],
    breaks: ['no-install-while-invalidating', 'invalidate-balanced', 'attr-match-at-install', 'kernel-warning'],
    vm: PRIVATE,
  },
  {
    id: 'b77-attributes-under-the-wrong-mutex',
    title: 'KVM: Serialize attribute changes with kvm->lock',
    wrong: 'Memslots can change between the two walks of an attribute change, and two changes of a memslot can mix.',
    file: KVM_MAIN,
    function: 'kvm_vm_set_mem_attributes',
    changes: [
      { find: 'mutex_lock(&kvm->slots_lock);', replace: 'mutex_lock(&kvm->lock);' },
      { find: 'mutex_unlock(&kvm->slots_lock);', replace: 'mutex_unlock(&kvm->lock);' },
    ],
    breaks: ['lock-rule', 'invalidate-balanced', 'kernel-warning', 'memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'b78-flush-of-last-slot-only',
    title: 'KVM: Use the return value of the handler directly in the gfn walk',
    wrong: 'If the last memslot of a range needs no flush, the flush that an earlier one needs is lost.',
    file: KVM_MAIN,
    function: 'kvm_handle_gfn_range',
    changes: [{ find: 'ret |= range->handler', replace: 'ret = range->handler' }],
    breaks: ['flush-before-unlock', 'unmap-before-convert', 'unmap-before-free'],
    vm: PRIVATE,
  },
  {
    id: 'b79-flush-after-unlock',
    title: 'KVM: Flush TLBs outside of mmu_lock after an hva walk',
    wrong: 'Between unlock and flush another invalidation sees the SPTEs gone, does not flush, and its page is freed.',
    scenario: 'S13',
    file: KVM_MAIN,
    function: 'kvm_handle_hva_range',
    changes: [
      { find: 'if (range->flush_on_ret && r.ret) kvm_flush_remote_tlbs(kvm);', replace: '' },
      {
        find: 'KVM_MMU_UNLOCK(kvm);',
        replace: 'KVM_MMU_UNLOCK(kvm);\n\n\tif (range->flush_on_ret && r.ret)\n\t\tkvm_flush_remote_tlbs(kvm);',
      },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b80-memslots-swapped-during-invalidation',
    title: 'KVM: Do not wait for mmu_notifiers when installing new memslots',
    wrong: 'An MMU notifier starts on one set of memslots and ends on another, so the count never returns to zero.',
    scenario: 'S13',
    file: KVM_MAIN,
    function: 'kvm_swap_active_memslots',
    changes: [
      {
        find: `prepare_to_rcuwait(&kvm->mn_memslots_update_rcuwait);
          while (kvm->mn_active_invalidate_count) { set_current_state(TASK_UNINTERRUPTIBLE);
          spin_unlock(&kvm->mn_invalidate_lock); schedule(); spin_lock(&kvm->mn_invalidate_lock); }
          finish_rcuwait(&kvm->mn_memslots_update_rcuwait);`,
        replace: '',
      },
    ],
    breaks: ['mn-vs-memslot-serialised', 'invalidate-balanced', 'fault-progress', 'kernel-bug', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b81-wakeup-sampled-too-early',
    title: 'KVM: Decide on the wake-up before dropping the invalidation count',
    wrong: 'The last notifier to end sees its own count, wakes nobody, and a memslot update sleeps for ever.',
    scenario: 'S13',
    file: KVM_MAIN,
    function: 'kvm_mmu_notifier_invalidate_range_end',
    changes: [
      { find: 'wake = !kvm->mn_active_invalidate_count;', replace: '' },
      {
        find: 'if (!WARN_ON_ONCE(!kvm->mn_active_invalidate_count))',
        replace: 'wake = !kvm->mn_active_invalidate_count;\n\tif (!WARN_ON_ONCE(!kvm->mn_active_invalidate_count))',
      },
    ],
    breaks: ['deadlock', 'mn-vs-memslot-serialised'],
    vm: ALL,
  },
  {
    id: 'b82-no-srcu-grace-period',
    title: 'KVM: Drop the SRCU synchronization after publishing memslots',
    wrong:
      'A fault that still uses the old memslot maps a page after the slot was zapped, or uses it after it was freed.',
    scenario: 'S05',
    file: KVM_MAIN,
    function: 'kvm_swap_active_memslots',
    changes: [{ find: 'synchronize_srcu_expedited(&kvm->srcu);', replace: '' }],
    breaks: [
      'slot-delete-leaves-nothing',
      'mapping-has-binding',
      'unmap-before-free',
      'memory-safety',
      'gmem-binding-safe',
    ],
    vm: ALL,
  },
  {
    id: 'b83-zapped-before-invalid',
    title: 'KVM: Zap a memslot before publishing its invalid copy',
    wrong: 'A fault maps a page of the memslot again between the zap and the publication.',
    scenario: 'S05',
    file: KVM_MAIN,
    function: 'kvm_invalidate_memslot',
    changes: [
      { find: 'kvm_arch_flush_shadow_memslot(kvm, old);', replace: '' },
      {
        find: 'kvm_swap_active_memslots(kvm, old->as_id);',
        replace: 'kvm_arch_flush_shadow_memslot(kvm, old);\n\tkvm_swap_active_memslots(kvm, old->as_id);',
      },
    ],
    breaks: ['slot-delete-leaves-nothing', 'mapping-has-binding', 'unmap-before-free'],
    vm: ALL,
  },
  {
    id: 'b84-unbound-before-zapped',
    title: 'KVM: Unbind guest_memfd as the first step of deleting a memslot',
    wrong: 'A hole punch that runs during the deletion finds no binding and frees pages that are still mapped.',
    scenario: 'S02',
    file: KVM_MAIN,
    function: 'kvm_set_memslot',
    changes: [
      {
        find: 'kvm_invalidate_memslot(kvm, old, invalid_slot);',
        replace: `if (old->flags & KVM_MEM_GUEST_MEMFD)
			kvm_gmem_unbind(old);
		kvm_invalidate_memslot(kvm, old, invalid_slot);`,
      },
    ],
    breaks: ['mapping-has-binding', 'unmap-before-free', 'gmem-binding-safe', 'kernel-warning'],
    vm: PRIVATE,
  },
  {
    id: 'b85-dirty-logging-of-guest-memfd',
    title: 'KVM: Allow dirty logging of guest_memfd memslots',
    wrong: 'Write protection reaches private leafs, and a flags-only update makes a memslot without a binding.',
    scenario: 'S30',
    file: KVM_MAIN,
    function: 'check_memory_region_flags',
    changes: [
      { find: 'if (mem->flags & KVM_MEM_GUEST_MEMFD) valid_flags &= ~KVM_MEM_LOG_DIRTY_PAGES;', replace: '' },
      {
        in: 'kvm_set_memory_region',
        find: 'if (mem->flags & KVM_MEM_GUEST_MEMFD) return -EINVAL;',
        replace: '',
      },
    ],
    breaks: [
      'gmem-slot-restricted',
      'gmem-binding-safe',
      'mapping-has-binding',
      'private-remove-exclusive',
      'accepted-data-preserved',
      'lock-rule',
      'kernel-warning',
    ],
    vm: PRIVATE,
  },
  {
    id: 'b86-exiting-vcpu-not-awaited',
    title: 'KVM: Send IPIs only to vCPUs that are in guest mode',
    wrong: 'A vCPU that was already told to leave is not waited for, though it may still be in the guest.',
    scenario: 'S11',
    file: KVM_MAIN,
    function: 'kvm_request_needs_ipi',
    changes: [{ find: 'if (req & KVM_REQUEST_WAIT) return mode != OUTSIDE_GUEST_MODE;', replace: '' }],
    breaks: [
      'block-track-remove-order',
      'track-then-kick-atomic',
      'flush-before-unlock',
      'unmap-before-free',
      'pt-page-rcu-freed',
      'seamcall-refused',
      'kernel-bug',
    ],
    vm: ALL,
  },
  {
    id: 'b87-notifier-unregistered-late',
    title: 'KVM: Unregister the MMU notifier after destroying the MMU',
    wrong: 'An MMU notifier walks roots that are being freed.',
    scenario: 'S19',
    file: KVM_MAIN,
    function: 'kvm_destroy_vm',
    changes: [
      { find: 'mmu_notifier_unregister(&kvm->mmu_notifier, kvm->mm);', replace: '' },
      {
        find: 'kvm_arch_destroy_vm(kvm);',
        replace: 'kvm_arch_destroy_vm(kvm);\n\tmmu_notifier_unregister(&kvm->mmu_notifier, kvm->mm);',
      },
    ],
    breaks: ['destroy-notifier-first', 'memory-safety', 'root-refcount-sound', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b88-nx-worker-stopped-late',
    title: 'KVM: x86: Stop the NX recovery worker when the MMU is destroyed',
    wrong: 'The NX recovery worker runs while vCPUs and roots are being freed.',
    scenario: 'S19',
    file: X86,
    function: 'kvm_arch_pre_destroy_vm',
    changes: [
      { find: 'kvm_mmu_pre_destroy_vm(kvm);', replace: '' },
      {
        in: 'kvm_arch_destroy_vm',
        find: 'kvm_mmu_uninit_vm(kvm);',
        replace: 'kvm_mmu_uninit_vm(kvm);\n\tkvm_mmu_pre_destroy_vm(kvm);',
      },
    ],
    breaks: ['destroy-notifier-first', 'memory-safety', 'root-refcount-sound', 'kernel-bug', 'kernel-warning'],
    vm: ALL,
  },
  {
    id: 'b89-td-destroyed-before-mmu',
    title: 'KVM: x86: Call vm_destroy() before freeing common MMU state',
    wrong: 'The TDR is reclaimed while S-EPT pages still belong to the TD.',
    scenario: 'S19',
    file: X86,
    function: 'kvm_arch_destroy_vm',
    changes: [
      { find: 'kvm_x86_call(vm_destroy)(kvm);', replace: '' },
      { find: 'kvm_mmu_uninit_vm(kvm);', replace: 'kvm_x86_call(vm_destroy)(kvm);\n\tkvm_mmu_uninit_vm(kvm);' },
    ],
    breaks: ['hkid-release-order', 'seamcall-refused', 'kernel-warning'],
    vm: ['tdx'],
  },
  {
    id: 'b90-aliased-slot-accepted',
    title: 'KVM: x86: Drop the alias check, memslots are bounded by the max gfn',
    wrong: 'A memslot can lie above the shared bit, where a second gfn names the same page.',
    scenario: 'S35',
    file: X86,
    function: 'kvm_arch_prepare_memory_region',
    changes: [{ find: 'if (kvm_is_gfn_alias(kvm, new->base_gfn + new->npages - 1)) return -EINVAL;', replace: '' }],
    breaks: ['pfn-one-private-owner', 'kernel-warning', 'kernel-bug'],
    vm: ['tdx'],
  },
  {
    id: 'b143-dirty-log-unflushed',
    title: 'KVM: Leave the flush after KVM_GET_DIRTY_LOG to the next one',
    wrong: 'A vCPU goes on writing through its TLB, and the page is in no log.',
    scenario: 'S66',
    file: 'virt/kvm/kvm_main.c',
    function: 'kvm_get_dirty_log_protect',
    changes: [{ find: 'if (flush) kvm_flush_remote_tlbs_memslot(kvm, memslot);', replace: '' }],
    breaks: ['dirty-log-complete'],
    vm: ['default', 'sw-protected'],
  },
  {
    id: 'b144-dirty-before-writable',
    title: 'KVM: x86/mmu: Mark pages dirty before their SPTE becomes writable',
    wrong: 'A log that is got in between takes the mark, and the write that follows is in no log.',
    scenario: 'S66',
    file: 'arch/x86/kvm/mmu/mmu.c',
    function: 'fast_pf_fix_direct_spte',
    changes: [
      {
        find: 'if (is_writable_pte(new_spte) && !is_writable_pte(old_spte)) mark_page_dirty_in_slot(vcpu->kvm, fault->slot, fault->gfn);',
        replace: '',
      },
      {
        find: 'if (!try_cmpxchg64(sptep, &old_spte, new_spte))',
        replace:
          'if (is_writable_pte(new_spte) && !is_writable_pte(old_spte))\n\t\tmark_page_dirty_in_slot(vcpu->kvm, fault->slot, fault->gfn);\n\n\tif (!try_cmpxchg64(sptep, &old_spte, new_spte))',
      },
    ],
    breaks: ['dirty-log-complete'],
    vm: ['default', 'sw-protected'],
  },
];
