/** Types, fields, flags and constants of KVM's MMU that stand for a part of the model's state (domain 5.1). */

import { type Term, table } from './types';

const VM = table({ kind: 'constant', source: 'arch/x86/include/uapi/asm/kvm.h', weight: 1 }, [
  ['KVM_X86_DEFAULT_VM', 'VM type 0: an ordinary VM without private memory; one direct tree of page tables.', 'S33'],
  [
    'KVM_X86_SW_PROTECTED_VM',
    'VM type 1: private memory from guest_memfd with no hardware behind it, for testing.',
    'S04',
  ],
  ['KVM_X86_SEV_VM', 'VM type 2: memory encrypted with one key, no private memory in the sense of attributes.', ''],
  ['KVM_X86_SEV_ES_VM', 'VM type 3: SEV with encrypted register state.', ''],
  ['KVM_X86_SNP_VM', 'VM type 4: SEV-SNP; each physical page has an owner in the RMP.', 'S22 S23'],
  [
    'KVM_X86_TDX_VM',
    'VM type 5: an Intel TD; private memory is mapped by the TDX module in the S-EPT, which KVM mirrors.',
    'S02 S03',
  ],
  [
    'has_private_mem|kvm_arch_has_private_mem()',
    'True for SW_PROTECTED, SNP and TDX: gfns have a private or shared attribute and private pages come from guest_memfd.',
    'S04',
  ],
  [
    'kvm_has_mirrored_tdp()',
    'True for TDX only: the VM has a mirror root beside the direct one, copied into the S-EPT.',
    'S36 S02',
  ],
]);

const RANGES = table({ kind: 'constant', source: 'include/linux/kvm_host.h, arch/x86/kvm/mmu/tdp_mmu.h' }, [
  [
    'struct kvm_gfn_range',
    'One request to unmap or age gfns: slot, start, end, which kinds of mapping, may it block.',
    'S36',
    { kind: 'type' },
  ],
  [
    'attr_filter',
    'Which kinds of mapping (private, shared) an unmap request may touch. On a TD it selects the mirror or the direct root; zero selects none.',
    'S02 S36',
    { kind: 'field', weight: 3 },
  ],
  [
    'may_block',
    'Whether the unmap may drop mmu_lock and reschedule; false for a non-blocking mmu_notifier.',
    'S13',
    { kind: 'field', weight: 1 },
  ],
  ['KVM_FILTER_SHARED', 'Bit of attr_filter: shared mappings, that is the direct root.', 'S36 S02 S13'],
  ['KVM_FILTER_PRIVATE', 'Bit of attr_filter: private mappings, that is the mirror root of a TD.', 'S36 S02'],
  [
    'KVM_PROCESS_SHARED|KVM_PROCESS_PRIVATE',
    'The filter bits of attr_filter under their name of 2024.',
    'S36 S02',
    { era: '2024 RFC' },
  ],
  ['only_private|only_shared', 'Boolean form of attr_filter in 2023.', 'S36 S02', { kind: 'field', era: '2023 RFC' }],
  ['enum kvm_tdp_mmu_root_types', 'The set of kinds of root that an iteration visits.', 'S36 S33', { kind: 'type' }],
  ['KVM_INVALID_ROOTS', 'Iterate roots that were invalidated and wait to be zapped.', 'S33'],
  ['KVM_DIRECT_ROOTS', 'Iterate direct roots: the whole tree of an ordinary VM, the shared EPT of a TD.', 'S36 S21'],
  ['KVM_MIRROR_ROOTS', "Iterate mirror roots: KVM's copy of the S-EPT of a TD.", 'S36 S02'],
  ['KVM_VALID_ROOTS', 'Iterate direct and mirror roots, but no invalid ones.', 'S33 S09'],
  ['KVM_ALL_ROOTS', 'Iterate every root.', 'S20 S33'],
  [
    'tdp_mmu_scheduled_root_to_zap|scheduled_root_to_zap',
    'The root is invalid and its zap is still to come.',
    'S33',
    { kind: 'field' },
  ],
  [
    'tdp_mmu_root_count',
    'Reference count of a root; the TDP MMU holds one reference until the root is zapped.',
    'S33',
    { kind: 'field' },
  ],
  ['role.smm', 'The root, or the table below it, is of the address space of SMM.', 'S61', { kind: 'field', weight: 1 }],
  ['role.invalid', 'The root was invalidated: no vCPU may load it again.', 'S33', { kind: 'field', weight: 1 }],
  [
    'role.is_mirror|is_mirror_sp()|is_mirror_sptep()',
    'The table or entry belongs to the mirror tree: changing it takes a SEAMCALL.',
    'S01 S17',
    { kind: 'field' },
  ],
  [
    'external_spt',
    'The S-EPT page behind a mirror page table; it must be gone before the mirror page is freed.',
    'S17 S19',
    { kind: 'field' },
  ],
  [
    'gfn_direct_bits|kvm_gfn_direct_bits()|kvm_is_addr_direct()|vt_is_tdx_private_gpa()',
    "The shared bit of a TD's addresses, or a test of it: with it the direct root is used, without it the mirror.",
    'S36',
    { kind: 'field', weight: 1 },
  ],
  [
    'kvm_is_gfn_alias()',
    'A gfn that still carries the shared bit; such a gfn must never reach the fault path.',
    'S35',
    { weight: 1 },
  ],
]);

const SPTES = table({ kind: 'constant', source: 'arch/x86/kvm/mmu/spte.h' }, [
  ['SHADOW_NONPRESENT_VALUE', 'An empty page-table entry.', 'S01', { weight: 1 }],
  [
    'FROZEN_SPTE|is_frozen_spte()',
    'An entry claimed by one CPU while it changes the S-EPT or removes a table; others see it and retry.',
    'S01 S17',
    { weight: 3 },
  ],
  ['SPTE_MMU_PRESENT_MASK|is_shadow_present_pte()', 'The entry is a leaf or points to a table.', '', { weight: 1 }],
  [
    'is_last_spte()|is_large_pte()|is_mmio_spte()',
    'The entry is a leaf; a huge leaf; a cached MMIO marker.',
    '',
    { weight: 1 },
  ],
  ['make_spte()|make_nonleaf_spte()|make_mmio_spte()', 'Build the value that an entry will get.', '', { weight: 1 }],
  ['spte_to_pfn()|spte_to_child_pt()', 'Read the pfn or the child table out of an entry.', '', { weight: 1 }],
  [
    'spte_permission_fault()|is_access_allowed()|check_spte_writable_invariants()',
    'Checks on the permissions of a leaf.',
    '',
    { weight: 1 },
  ],
  [
    'disallow_lpage|KVM_LPAGE_MIXED_FLAG',
    'A huge page is forbidden here, for instance because its gfns have mixed attributes.',
    '',
    { kind: 'field', weight: 1 },
  ],
]);

const SLOTS = table({ kind: 'constant', source: 'include/linux/kvm_host.h, include/uapi/linux/kvm.h' }, [
  [
    'KVM_MEM_GUEST_MEMFD',
    'The memslot takes its private pages from guest_memfd. Such a slot is only created and deleted, never moved or dirty-logged.',
    'S27 S30',
  ],
  [
    'KVM_MEMSLOT_INVALID',
    'The slot is being deleted or moved: a fault that meets it must retry, or fail with -EAGAIN when prefaulting.',
    'S14 S05',
  ],
  ['KVM_MEMSLOT_GMEM_ONLY', 'Shared memory of the slot comes from guest_memfd too.', 'S07', { weight: 1 }],
  ['KVM_MEM_LOG_DIRTY_PAGES|KVM_MEM_READONLY', 'Slot flags that guest_memfd slots may not have.', 'S30', { weight: 1 }],
  [
    'GUEST_MEMFD_FLAG_MMAP|GUEST_MEMFD_FLAG_INIT_SHARED',
    'Flags of a guest_memfd file: user space may map it; its memory starts shared.',
    'S07',
    { weight: 1 },
  ],
  ['KVM_MEMORY_ATTRIBUTE_PRIVATE', 'The attribute that makes a gfn private.', 'S04'],
  [
    'mem_attr_array',
    'The attribute of each gfn, private or shared. Faults read it without a lock and must check the invalidation sequence afterwards.',
    'S04 S05',
    { kind: 'field' },
  ],
  [
    'KVM_EXIT_MEMORY_FAULT|KVM_MEMORY_EXIT_FLAG_PRIVATE',
    'Exit that asks user space to convert or populate memory. It may report a kind that is already obsolete.',
    'S04',
  ],
  [
    'KVM_X86_QUIRK_SLOT_ZAP_ALL',
    'Quirk: deleting a memslot of an ordinary VM may zap everything through new roots. Other VM types always zap the leaves of the slot.',
    'S02 S03 S33',
    { weight: 3 },
  ],
  [
    'KVM_X86_QUIRK_IGNORE_GUEST_PAT',
    'Quirk that decides whether a non-coherent DMA change reaches kvm_zap_gfn_range; TDX disables it.',
    'S09',
  ],
  [
    'KVM_SET_MEMORY_ATTRIBUTES',
    'Ioctl that makes gfns private or shared: unmap the old kind, store the attribute, end the invalidation.',
    'S04 S05',
    { weight: 3 },
  ],
  [
    'KVM_SET_USER_MEMORY_REGION|KVM_SET_USER_MEMORY_REGION2',
    'Ioctl that creates, changes or deletes a memslot.',
    'S05 S02',
  ],
  ['KVM_MR_CREATE|KVM_MR_DELETE|KVM_MR_MOVE|KVM_MR_FLAGS_ONLY', 'What a memslot operation does.', 'S02', { weight: 1 }],
  ['KVM_PRE_FAULT_MEMORY', 'Ioctl that maps memory before the guest touches it.', 'S14 S18'],
]);

const FAULTS = table({ kind: 'field', source: 'arch/x86/kvm/mmu/mmu_internal.h, include/linux/kvm_host.h' }, [
  ['PFERR_PRIVATE_ACCESS', 'The fault is on private memory.', 'S04', { kind: 'constant' }],
  [
    'PFERR_GUEST_ENC_MASK|PFERR_GUEST_RMP_MASK|PFERR_GUEST_SIZEM_MASK|PFERR_GUEST_VMPL_MASK',
    'What the hardware says about an SNP fault: encrypted access, RMP mismatch, wrong size, wrong VMPL.',
    'S22 S25',
    { kind: 'constant' },
  ],
  [
    'PFERR_WRITE_MASK|PFERR_FETCH_MASK|PFERR_GUEST_FINAL_MASK',
    'Kind of access of a fault; private faults of a TD are always reported as writes.',
    'S16',
    { kind: 'constant', weight: 1 },
  ],
  [
    'RET_PF_RETRY',
    "Result of a fault: nothing was mapped, the guest faults again (or a TD's local loop tries again).",
    'S17 S14',
    { kind: 'constant', weight: 1 },
  ],
  [
    'RET_PF_CONTINUE|RET_PF_EMULATE|RET_PF_WRITE_PROTECTED|RET_PF_INVALID|RET_PF_FIXED|RET_PF_SPURIOUS',
    'Results of a step of the fault path.',
    '',
    { kind: 'constant', weight: 1 },
  ],
  [
    'fault->mmu_seq',
    "The fault's snapshot of mmu_invalidate_seq. Whatever may change must be read after it.",
    'S04 S05',
    { weight: 3 },
  ],
  ['fault->is_private', 'Kind of the fault, fixed when it is decoded.', 'S04', { weight: 3 }],
  [
    'fault->map_writable|fault->refcounted_page',
    'What getting the page yielded; the reference is held until the mapping is installed.',
    'S06',
    { weight: 1 },
  ],
  [
    'mmu_invalidate_seq',
    'Counter bumped when an invalidation ends. A fault whose snapshot differs under mmu_lock must retry.',
    'S04 S05 S06',
    { weight: 3 },
  ],
  [
    'mmu_invalidate_in_progress|mmu_invalidate_range_start|mmu_invalidate_range_end',
    'The window of gfns in which faults must retry while an invalidation runs.',
    'S06 S05',
  ],
  [
    'mn_active_invalidate_count|mn_invalidate_lock|mn_memslots_update_rcuwait',
    'Memslot updates wait until no mmu_notifier invalidation is between start and end.',
    'S13',
  ],
  ['gpc_invalidate_seq', "The invalidation sequence of the kernel's own caches of guest pages.", 'S34', { weight: 1 }],
  ['pre_fault_allowed', 'Prefaulting may run: for TDX and SNP only after the launch is finished.', 'S18'],
]);

const REQUESTS = table({ kind: 'constant', source: 'arch/x86/include/asm/kvm_host.h' }, [
  [
    'KVM_REQ_TLB_FLUSH|KVM_REQ_TLB_FLUSH_CURRENT|KVM_REQ_TLB_FLUSH_GUEST',
    'The vCPU flushes its TLB before it next enters the guest.',
    'S06',
    { weight: 1 },
  ],
  [
    'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS',
    'The vCPU drops its direct root before it next enters the guest. The mirror root stays.',
    'S21 S33',
  ],
  ['KVM_REQ_VM_DEAD', 'Every loop of the vCPU must end; the request is never cleared.', 'S32'],
  [
    'KVM_REQ_OUTSIDE_GUEST_MODE',
    'Kick: the sender waits until the vCPU has left the guest. It does not keep the vCPU from entering again.',
    'S10 S12',
  ],
  ['KVM_REQ_VMSA_PAGE_RELOAD', "SNP: look up the page of the guest's VMSA again before entering.", 'S23'],
  ['KVM_REQ_APIC_PAGE_RELOAD|KVM_REQ_APICV_UPDATE', 'The APIC page or the use of APICv changed.', 'S29', { weight: 1 }],
  ['KVM_REQ_UPDATE_CPU_DIRTY_LOGGING', 'Dirty logging by the CPU changed; skipped for TDs.', 'S30', { weight: 1 }],
  [
    'wait_for_sept_zap',
    'While set no vCPU of the TD may enter, so that a removal that met BUSY succeeds on its retry.',
    'S10',
    { kind: 'field', weight: 3 },
  ],
  [
    'EXIT_FASTPATH_EXIT_HANDLED|EXIT_FASTPATH_REENTER_GUEST|EXIT_REASON_UNDEFINED',
    "How a run of the guest ended, for the vCPU's loop.",
    'S10',
    { weight: 1 },
  ],
]);

const TDX = table({ kind: 'constant', source: 'arch/x86/kvm/vmx/tdx.h, arch/x86/kvm/vmx/tdx_errno.h' }, [
  [
    'TD_STATE_UNINITIALIZED|TD_STATE_INITIALIZED|TD_STATE_RUNNABLE',
    'Life of a TD as KVM sees it; pages are added before RUNNABLE and augmented after.',
    'S18',
  ],
  ['page_add_src', 'Source page of a PAGE.ADD in progress, set only under slots_lock.', 'S18 S31', { kind: 'field' }],
  [
    'hkid|is_hkid_assigned()',
    "The TD's private key. While it is assigned leaves may be removed and pages must not be reclaimed.",
    'S19',
    { kind: 'field' },
  ],
  [
    'TDX_OPERAND_BUSY|tdx_operand_busy()',
    'The TDX module could not get one of its try-locks. Installing returns -EBUSY and the fault retries; removing kicks the vCPUs and retries once.',
    'S10 S17 S01',
    { weight: 3 },
  ],
  ['TDX_OPERAND_BUSY_HOST_PRIORITY', 'The guest gets BUSY because a host operation lost against it before.', 'S10'],
  ['TDX_SEAMCALL_STATUS_MASK', 'The class of a SEAMCALL error.', '', { weight: 1 }],
  [
    'TDX_EPT_ENTRY_STATE_INCORRECT|TDX_EPT_WALK_FAILED',
    "The S-EPT disagrees with KVM's mirror: the VM is bugged.",
    'S01 S17',
  ],
  [
    'TDX_GPA_RANGE_NOT_BLOCKED|TDX_TLB_TRACKING_NOT_DONE',
    'A removal without BLOCK or without TRACK: the module refuses it.',
    'S12',
  ],
  ['TDX_PAGE_METADATA_INCORRECT', 'The physical page already belongs to a TD.', 'S35'],
  [
    'TDX_PREVIOUS_TLB_EPOCH_BUSY',
    'TRACK while a vCPU is still in the epoch before; KVM does not treat it as BUSY, the VM dies.',
    'S11',
  ],
  ['TDX_LIFECYCLE_STATE_INCORRECT', 'Teardown in the wrong order.', 'S19'],
  ['TDX_INTERRUPTED_RESTARTABLE', 'A long SEAMCALL must be issued again.', '', { weight: 1 }],
  [
    'KVM_TDX_INIT_MEM_REGION|KVM_TDX_MEASURE_MEMORY_REGION|KVM_TDX_FINALIZE_VM',
    'Ioctls that build a TD: add pages, measure them, finalise.',
    'S18 S31',
  ],
]);

const CONFIG = table({ kind: 'constant', source: 'arch/x86/kvm/Kconfig, virt/kvm/Kconfig', weight: 1 }, [
  [
    'CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES|CONFIG_KVM_GUEST_MEMFD',
    'Feature gates for attributes and guest_memfd.',
    'S04',
  ],
  ['CONFIG_KVM_GENERIC_PRIVATE_MEM', 'Older feature gate of private memory.', 'S04', { era: 'up to 6.x' }],
  ['CONFIG_KVM_VM_MEMORY_ATTRIBUTES', 'Name of the attribute gate after 7.3.', 'S04', { era: '7.4-next' }],
  [
    'CONFIG_HAVE_KVM_PRIVATE_MEM_TESTING',
    'Gate under which selftests used private memory without hardware.',
    'S04',
    { era: 'seed 001', weight: 2 },
  ],
  [
    'CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT|CONFIG_HAVE_KVM_ARCH_GMEM_RECLAIM|CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE',
    'Gates for the SNP hooks: make private on fault, make shared on free, invalidate the VMSA.',
    'S22 S23',
  ],
]);

export const STATE_TERMS: readonly Term[] = [
  ...VM,
  ...RANGES,
  ...SPTES,
  ...SLOTS,
  ...FAULTS,
  ...REQUESTS,
  ...TDX,
  ...CONFIG,
];
