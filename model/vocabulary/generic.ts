/** Functions of generic KVM, guest_memfd and the kernel that take part in the model (domain 5.2). */

import { type Term, table } from './types';

const ATTRIBUTES = table({ kind: 'function', source: 'virt/kvm/kvm_main.c' }, [
  [
    'kvm_vm_set_mem_attributes',
    'Conversion: unmap the old kind under an open invalidation, store the attributes, end the invalidation.',
    'S04 S05 S10',
  ],
  [
    'kvm_pre_set_memory_attributes|kvm_arch_pre_set_memory_attributes',
    'First half of a conversion: unmap the old kind under mmu_lock.',
    'S04 S05',
  ],
  [
    'kvm_arch_post_set_memory_attributes',
    'Last part of a conversion: recompute which huge pages have mixed attributes.',
    'S04',
  ],
  [
    'kvm_mem_is_private|kvm_range_has_memory_attributes|kvm_get_memory_attributes',
    'Reads the attribute of a gfn without a lock. In a fault it counts only after the snapshot of mmu_invalidate_seq.',
    'S04 S05',
    { weight: 3 },
  ],
  ['kvm_is_private_gfn', 'Later name of kvm_mem_is_private.', 'S04 S05', { era: '7.4-next' }],
]);

const INVALIDATION = table({ kind: 'function', source: 'virt/kvm/kvm_main.c' }, [
  [
    'kvm_handle_gfn_range',
    'Runs a handler over the slots of a gfn range under one mmu_lock section, flush included.',
    'S04 S36',
  ],
  [
    'kvm_handle_hva_range',
    'The same for a user address range of an mmu_notifier; always shared memory only.',
    'S13 S36',
  ],
  [
    'kvm_mmu_notifier_invalidate_range_start|kvm_mmu_notifier_invalidate_range_end',
    'The mm tells KVM to unmap shared memory, and that it is done.',
    'S13',
  ],
  [
    'kvm_mmu_notifier_clear_flush_young|kvm_mmu_notifier_clear_young|kvm_mmu_notifier_test_young',
    'Ageing of mappings.',
    'S69',
    { weight: 1 },
  ],
  [
    'kvm_mmu_notifier_release|kvm_arch_flush_shadow_all|kvm_mmu_zap_all',
    'Exit of the mm: everything but the mirror tree is zapped.',
    'S20 S71',
  ],
  [
    'kvm_mmu_invalidate_start|kvm_mmu_invalidate_end',
    'Open and close the window in which faults must retry; the end bumps mmu_invalidate_seq first.',
    'S05 S06 S13',
  ],
  ['kvm_mmu_invalidate_begin', 'kvm_mmu_invalidate_start in 6.12 to 6.18.', 'S05 S06', { era: '6.12 to 6.18' }],
  ['kvm_mmu_invalidate_range_add', 'Widens the window by the gfns about to be unmapped.', 'S06 S05'],
  ['kvm_mmu_unmap_gfn_range', 'Widens the window and unmaps.', 'S06 S05'],
  [
    'kvm_unmap_gfn_range',
    'Unmaps gfns of the kinds in attr_filter. An invalidation must be open or slots_lock held.',
    'S36 S02',
  ],
  [
    'mmu_invalidate_retry_gfn|mmu_invalidate_retry_gfn_unsafe|mmu_invalidate_retry',
    "Is a fault's snapshot stale? Only the answer under mmu_lock counts.",
    'S05 S06 S04',
  ],
  [
    'kvm_flush_remote_tlbs|kvm_flush_remote_tlbs_range|kvm_flush_remote_tlbs_memslot',
    'All vCPUs lose their cached translations before it returns.',
    'S06',
    { weight: 1 },
  ],
  [
    'kvm_make_all_cpus_request|kvm_make_request|kvm_make_request_and_kick|kvm_vcpu_kick',
    'Post a request to vCPUs and make them leave the guest.',
    'S10 S12',
    { weight: 1 },
  ],
  ['kvm_check_request|kvm_test_request', 'Consume a request, or only look at it.', 'S32', { weight: 1 }],
]);

const SLOTS = table({ kind: 'function', source: 'virt/kvm/kvm_main.c' }, [
  [
    'kvm_set_memslot|kvm_set_memory_region|kvm_invalidate_memslot|kvm_delete_memslot|kvm_move_memslot|kvm_create_memslot|kvm_update_flags_memslot',
    'Steps of a memslot operation.',
    'S02 S05',
  ],
  [
    'kvm_swap_active_memslots',
    'Publishes new memslots and waits until every reader of the old ones is gone.',
    'S05 S13',
  ],
  ['kvm_arch_flush_shadow_memslot', 'Zaps the mappings of a memslot that is being deleted.', 'S02 S03'],
  ['kvm_arch_guest_memory_reclaimed', 'Writes caches back for SEV and SEV-ES.', '', { weight: 1 }],
  [
    'kvm_arch_memslots_updated|kvm_mmu_invalidate_mmio_sptes',
    'Checks whether the memslot generation wrapped; if so everything direct is zapped.',
    'S21',
  ],
  [
    'gfn_to_memslot|kvm_vcpu_gfn_to_memslot|__kvm_memslots',
    'Finds the memslot of a gfn, under SRCU.',
    'S05',
    { weight: 1 },
  ],
  [
    'as_id|kvm_arch_nr_memslot_as_ids()|KVM_MAX_NR_ADDRESS_SPACES|kvm_mmu_role_as_id()|kvm_mmu_page_as_id()',
    'Address space of a memslot or a root: 1 is what vCPUs in SMM see, 0 what the others do. VMs with private memory have 0 alone.',
    'S61 S64',
    { kind: 'field', source: 'arch/x86/include/asm/kvm_host.h' },
  ],
  [
    'kvm_vcpu_memslots|kvm_arch_vcpu_memslots_id|kvm_memslots_for_spte_role',
    'The memslots of the address space that a vCPU, or a page table, is in.',
    'S64',
    { source: 'arch/x86/include/asm/kvm_host.h', weight: 1 },
  ],
  [
    'is_smm|kvm_smm_changed|HF_SMM_MASK',
    'System management mode: memslots and roots of its own. A vCPU that goes into it, or out, drops its root.',
    'S61 S64',
    { source: 'arch/x86/kvm/smm.c' },
  ],
  [
    'kvm_release_faultin_page|kvm_release_page_unused|kvm_faultin_pfn|__kvm_faultin_pfn',
    'Get a page of shared memory for a fault, and drop the reference.',
    'S06',
    { weight: 1 },
  ],
  [
    'kvm_vcpu_pre_fault_memory|kvm_arch_vcpu_pre_fault_memory|kvm_tdp_page_prefault',
    "Maps memory ahead of the guest's access; loops while the fault says retry.",
    'S14 S18',
  ],
  ['kvm_mmu_prepare_memory_fault_exit', 'Prepares the exit that asks user space to convert.', 'S04'],
  ['kvm_vm_dead', 'The VM may never run again.', 'S32'],
  [
    'KVM_BUG_ON|KVM_BUG_ON_DATA_CORRUPTION',
    'A condition that must not hold: the VM is marked bugged and dead, and the function goes on.',
    'S09 S32',
  ],
  ['kvm_lock_all_vcpus|kvm_unlock_all_vcpus', 'Keep every vCPU ioctl out.', 'S18', { weight: 1 }],
]);

const GMEM = table({ kind: 'function', source: 'virt/kvm/guest_memfd.c' }, [
  ['kvm_gmem_create|__kvm_gmem_create', 'Makes a guest_memfd file.', 'S27', { weight: 1 }],
  [
    'kvm_gmem_prepare_memory_region|kvm_gmem_commit_memory_region',
    'Bind a memslot to a guest_memfd file, in two phases.',
    'S27 S35',
  ],
  ['kvm_gmem_bind', 'Binding of a memslot to a guest_memfd file up to 7.2.', 'S27 S35', { era: 'up to 7.2' }],
  [
    'kvm_gmem_unbind',
    'Removes the binding when the memslot is deleted; a later hole punch can no longer find its gfns.',
    'S02 S26',
  ],
  ['kvm_gmem_release', 'Last close of a guest_memfd file: unmap all its pages.', 'S26 S19'],
  [
    'kvm_gmem_fallocate|kvm_gmem_allocate|kvm_gmem_punch_hole',
    'Allocate or destroy pages of guest_memfd. A punch must unmap before it frees.',
    'S06 S02 S05',
  ],
  [
    'kvm_gmem_invalidate_start|kvm_gmem_invalidate_end',
    'Unmap the pages of a guest_memfd range from every VM bound to it, and close the invalidation.',
    'S06 S05',
  ],
  ['kvm_gmem_invalidate_begin', 'kvm_gmem_invalidate_start in 6.12 to 6.18.', 'S06 S05', { era: '6.12 to 6.18' }],
  [
    'kvm_gmem_get_invalidate_filter|kvm_gmem_is_private_mem',
    'Which kind of mapping the pages of a guest_memfd file can have.',
    'S36',
  ],
  [
    'kvm_gmem_get_pfn|__kvm_gmem_get_pfn|kvm_gmem_get_folio',
    'Gets a private page for a fault; the invalidation sequence must have been read before.',
    'S05 S06 S37',
  ],
  ['kvm_gmem_populate|__kvm_gmem_populate', 'Installs pages while the VM is being built.', 'S18 S31'],
  [
    'kvm_gmem_error_folio|kvm_gmem_free_folio|kvm_gmem_migrate_folio',
    'Memory error; a page goes back to the allocator; migration, which is refused.',
    'S08',
  ],
  [
    'kvm_arch_gmem_make_private|kvm_arch_gmem_reclaim|kvm_arch_gmem_invalidate_range',
    'SNP hooks: assign the page in the RMP, take it back, invalidate a VMSA.',
    'S22 S23',
  ],
  [
    'kvm_arch_gmem_prepare|kvm_arch_gmem_invalidate',
    'The SNP hooks make_private and reclaim up to 7.2.',
    'S22',
    { era: 'up to 7.2' },
  ],
  [
    'kvm_gmem_set_attributes|__kvm_gmem_set_attributes|KVM_SET_MEMORY_ATTRIBUTES2',
    'Conversion in place, on the guest_memfd file.',
    'S07',
    { era: '7.4-next' },
  ],
  [
    'kvm_gmem_has_outstanding_references|unmap_mapping_pages',
    'Is a page still pinned or mapped by user space before it becomes private?',
    'S07',
    { era: '7.4-next' },
  ],
  [
    'filemap_invalidate_lock|filemap_invalidate_lock_shared|truncate_inode_pages_range',
    'Lock and truncation of the page cache of a guest_memfd file.',
    'S06',
    { source: 'mm/truncate.c', weight: 1 },
  ],
]);

const KERNEL = table({ kind: 'function', source: 'Documentation/virt/kvm/locking.rst', weight: 1 }, [
  [
    'synchronize_srcu|synchronize_srcu_expedited|srcu_read_lock|srcu_read_unlock',
    'Memslot readers and the wait for them.',
    'S14',
  ],
  ['synchronize_rcu|call_rcu', 'Page tables are freed after every walker has left.', 'S15'],
  [
    'cond_resched_rwlock_write|cond_resched_rwlock_read|rwlock_needbreak',
    'Points where mmu_lock may be dropped: others run, so pending flushes come first.',
    'S13 S33',
  ],
  [
    'tdp_mmu_iter_cond_resched',
    'A walk of the TDP MMU gives mmu_lock away and starts over; it flushes first.',
    'S13 S33 S10',
    { weight: 2 },
  ],
  ['KVM_MMU_LOCK|KVM_MMU_UNLOCK|lockdep_assert_held_write', 'The mode in which mmu_lock is held.', ''],
]);

export const GENERIC_TERMS: readonly Term[] = [...ATTRIBUTES, ...INVALIDATION, ...SLOTS, ...GMEM, ...KERNEL];
