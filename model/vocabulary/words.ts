/**
 * Words of mails: names of the years before the code was merged, of designs that never were, and
 * plain phrases by which a mail says what it is about (domain 2.19; the five seed mails).
 */

import { type Term, table } from './types';

const SEED_NAMES = table({ kind: 'word', source: 'seed 001', weight: 3 }, [
  [
    'fault_is_private|kvm_x86_fault_is_private()',
    'A proposed per-vendor hook that decided whether a fault is private. Today the fault carries its kind from its error code.',
    'S04 S05',
    { era: '2023 RFC' },
  ],
  [
    'UPM',
    '"Unmapped private memory": the series that became guest_memfd and memory attributes.',
    'S04 S05',
    { era: '2021 to 2023' },
  ],
  ['private_fault', 'Result of the proposed hook: the kind of the fault.', 'S04', { era: '2023 RFC' }],
  ['protected-SEV', 'SEV guests on top of the private memory series.', 'S04', { era: '2023 RFC', weight: 1 }],
  [
    'memfd_encrypted()',
    'A proposed system call for guest private memory, before guest_memfd.',
    'S06 S08',
    { source: 'seed 002', era: '2021 RFC' },
  ],
  [
    'EPFN',
    'Physical page number of encrypted (private) memory, as opposed to SPFN.',
    'S08 S05',
    { source: 'seed 002', era: '2021 RFC' },
  ],
  [
    'SPFN',
    'Physical page number of shared memory, as opposed to EPFN.',
    'S08 S05',
    { source: 'seed 002', era: '2021 RFC' },
  ],
  [
    'PFNMAP',
    'Memory mapped into user space by page number, without struct page; KVM finds its pages through the VMA.',
    'S08 S06',
    { source: 'seed 002', weight: 2 },
  ],
  [
    'PUNCH_HOLE|FALLOC_FL_PUNCH_HOLE',
    'User space destroys a range of a file. For guest_memfd: unmap from every VM, then free.',
    'S06 S02 S05',
    { source: 'seed 002', weight: 2 },
  ],
  [
    'REMOVED_SPTE|is_removed_spte()',
    'Name of FROZEN_SPTE until 2024: an entry claimed by one CPU.',
    'S01 S17',
    { source: 'seed 003', era: 'up to 6.10' },
  ],
  [
    'seamcall_needbreak()',
    'An idea of seed 003: give mmu_lock away when the TDX module says BUSY. It was refused.',
    'S10 S17',
    { source: 'seed 003', era: '2023 mail' },
  ],
  [
    'S-EPT|SEPT|Secure-EPT|Secure EPT',
    "The page tables of a TD's private memory, owned by the TDX module. KVM keeps a mirror of them.",
    'S01 S17',
    { source: 'seed 003' },
  ],
  [
    'mirror[x]|sept[x]',
    "One entry of KVM's mirror, and the same entry of the S-EPT, in seed 003.",
    'S01 S17',
    { source: 'seed 003' },
  ],
  [
    'kvm_gfn_shared_mask()',
    "The shared bit of a TD's gfns; non-zero only for TDX. Today gfn_direct_bits.",
    'S09 S36',
    { source: 'seed 004', era: 'RFC', kind: 'function' },
  ],
]);

const RFC_NAMES = table({ kind: 'word', source: 'domain specification, section 2.19' }, [
  ['restrictedmem|restrictedmem_data', 'guest_memfd before it was part of KVM.', 'S06 S05', { era: '2022 RFC' }],
  [
    'kvm_inc_notifier_count()|kvm_dec_notifier_count()|mmu_notifier_seq|mmu_notifier_count',
    'The invalidation counters under their names before 2022.',
    'S05 S06 S04',
    { era: 'up to 5.19' },
  ],
  [
    'struct kvm_gmem|struct gmem_file|struct gmem_inode',
    'A guest_memfd file of a VM, and its inode.',
    'S26 S27',
    { kind: 'type', weight: 1 },
  ],
  [
    'kvm_slot_can_be_private()|kvm_slot_has_gmem()',
    'Does the memslot have guest_memfd behind it?',
    'S05',
    { weight: 1 },
  ],
  [
    'private_max_mapping_level',
    'gmem_max_mapping_level up to 6.x.',
    '',
    { era: 'up to 6.x', kind: 'function', weight: 1 },
  ],
  [
    'reflect_set_spte()|reflect_link_spt()|mirrored_spt|private_spt',
    'The hooks and the field of the S-EPT in the RFC: set an entry, link a table, the S-EPT page.',
    'S17 S01',
    { era: 'RFC' },
  ],
  ['private_root_hpa', 'mirror_root_hpa in the RFC.', 'S21', { era: 'RFC', kind: 'field' }],
  [
    'kvm_tdp_map_page()|kvm_tdp_mmu_map_gpa()',
    'Mapping a page without a guest access, before kvm_tdp_page_prefault and kvm_tdp_mmu_map_private_pfn.',
    'S18',
    { era: 'up to 6.18' },
  ],
  ['vcpu_needs_initialization|tdx_vcpu_pre_run', 'May the vCPU run already?', '', { weight: 1 }],
]);

const PHRASES = table({ kind: 'word', source: 'seeds 000 to 004', weight: 1 }, [
  [
    'memslot deletion|memslot is deleted|delete a memslot|deletes a memslot|deleting a memslot|zap_memslot',
    'Mappings of the memslot must be gone, private and shared, before the slot is.',
    'S02 S03 S05',
    { weight: 2 },
  ],
  ['memslot', 'A range of guest memory that user space gave to the VM.', 'S02 S05'],
  [
    'whole punched|hole punch|punch hole|hole punched|hole-punch',
    'User space gives pages of the file back.',
    'S06 S02 S05',
  ],
  ['gmem|guest_memfd', 'The file behind private memory.', 'S06 S05'],
  ['guest private memory|private memory', 'Memory that only the guest may read.', 'S05 S06'],
  [
    'memory attributes|attribute updates|changes to the attributes|page-state change|page state change',
    'Conversion of gfns between private and shared.',
    'S04 S05',
    { weight: 2 },
  ],
  [
    'backing-store|backing store',
    'Whoever provides the pages; it must have them unmapped before it frees them.',
    'S06 S08',
    { weight: 2 },
  ],
  [
    'page migration|migrate such a page|actual migration|migrate memory',
    "Private pages can't be copied by the host: a trusted agent would have to.",
    'S08',
    { weight: 3 },
  ],
  [
    'unmap the pfn|pfn is unmapped|unmap notifications',
    'Unmap before the page is freed or converted.',
    'S06 S05',
    { weight: 2 },
  ],
  [
    'mapped as both private and shared|never mapped',
    'The rule of seed 002: a page is never private and shared at once.',
    'S07 S05',
    { weight: 2 },
  ],
  [
    'mmu_notifier|mmu notifier|mmu_notifiers|mmu notifiers',
    'How the mm tells KVM to unmap shared memory.',
    'S13 S06',
    { weight: 1 },
  ],
  ['conditionally) disallow sleeping|disallow sleeping', 'A notifier that must not sleep.', 'S13 S10', { weight: 2 }],
  [
    'SEAMCALL|SEAMCALLs|TDX-Module|TDX module',
    'Calls into the TDX module, which owns the S-EPT.',
    'S01 S10 S17',
    { weight: 1 },
  ],
  ['return BUSY|operand busy|SEAMCALL_BUSY', 'A try-lock of the module was taken.', 'S10 S17', { weight: 3 }],
  [
    'zapped and mapped at the same time|parallel page faults|zapping SPTE|zapping SPTEs',
    'Two CPUs work on one entry.',
    'S01 S17',
    { weight: 3 },
  ],
  ['mmu_lock', 'Read mode for faults, write mode for zaps.', 'S10 S13 S17', { weight: 1 }],
  [
    'non-coherent DMA|noncoherent DMA',
    'A device whose accesses bypass the caches: KVM wants to change memory types and zaps.',
    'S09',
    { weight: 2 },
  ],
  [
    'MTRR|CR0.CD|CRO.CD|guest PAT|selfsnoop|memory type',
    'Memory types of the guest; changing them once meant zapping.',
    'S09',
    { weight: 1 },
  ],
  ['APICV|APICv', 'Hardware APIC; inhibiting it unmaps the APIC page.', 'S29 S09', { weight: 1 }],
  [
    'zero-step|zero step',
    "The module's guard against stepping a TD without progress; it takes the S-EPT lock exclusively.",
    'S10 S17',
    { weight: 3 },
  ],
  [
    '"accept" memory|accept memory|needs to accept|to "accept"|"accept" it',
    'Removing and adding a private page again gives the guest an empty page that it must accept.',
    'S03 S09 S02',
    { weight: 2 },
  ],
  [
    'TDX private PTEs|mirror (private)|direct (shared)|private zapping',
    'Private mappings live in the mirror root, shared ones in the direct root.',
    'S02 S03 S36',
    { weight: 2 },
  ],
]);

/** Words that say that a text is about KVM's MMU or confidential guests at all; they point at no scenario. */
const ANCHORS = table({ kind: 'word', source: 'domain specification', weight: 0 }, [
  ['KVM', "The kernel's hypervisor.", ''],
  ['TDX|TD|TDs', 'Intel Trust Domain Extensions; a TD is a guest.', ''],
  ['SEV-SNP|SNP|SEV', "AMD's encrypted guests.", ''],
  ['SPTE|SPTEs', "An entry of KVM's own page tables.", ''],
  ['#NPF', "AMD's nested page fault.", ''],
]);

export const WORD_TERMS: readonly Term[] = [...SEED_NAMES, ...RFC_NAMES, ...PHRASES, ...ANCHORS];
