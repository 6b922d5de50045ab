/**
 * Seeded bugs of what KVM does for SNP guests: pages in the RMP, registers in guest memory, the launch.
 * Written from the kernel's source and the domain specification alone.
 */
import type { Bug } from './edit';
import { GMEM, SEV } from './places';

const SNP = ['snp'];

export const snpBugs: readonly Bug[] = [
  {
    id: 'b131-hole-spares-registers',
    title: 'KVM: guest_memfd: Leave pages that KVM does not map to their users',
    wrong: 'A vCPU runs on with its registers in a page that a hole takes.',
    scenario: 'S23',
    file: GMEM,
    function: '__kvm_gmem_invalidate_start',
    changes: [{ find: 'kvm_arch_gmem_invalidate_range(kvm, &gfn_range);', replace: '' }],
    breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    vm: SNP,
  },
  {
    id: 'b132-registers-reloaded-unchecked',
    title: 'KVM: SEV: Use the page of a reloaded VMSA right away',
    wrong: 'A page that was found before an invalidation becomes the VMSA after it.',
    scenario: 'S23',
    file: SEV,
    function: '__sev_snp_reload_vmsa',
    changes: [
      {
        find: 'if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn)) kvm_make_request(KVM_REQ_VMSA_PAGE_RELOAD, vcpu); else svm',
        replace: 'svm',
      },
    ],
    breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange'],
    vm: SNP,
  },
  {
    id: 'b133-slot-spares-registers',
    title: 'KVM: x86/mmu: Leave VMSAs to guest_memfd when a memslot goes',
    wrong: 'The hole that follows the deletion no longer finds the vCPU with its registers in the page.',
    scenario: 'S48',
    file: 'arch/x86/kvm/mmu/mmu.c',
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [{ find: 'kvm_arch_gmem_invalidate_range(kvm, &range);', replace: '' }],
    breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    vm: SNP,
  },
  {
    id: 'b134-assigned-when-new',
    title: 'KVM: guest_memfd: Prepare folios only when they are new',
    wrong: 'The folio is up to date by then, so that none is ever assigned.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_get_pfn',
    changes: [
      { find: 'if (kvm_gmem_is_private_mem(file_inode(file), index))', replace: 'if (!folio_test_uptodate(folio))' },
    ],
    breaks: ['snp-assign-before-map'],
    vm: SNP,
  },
  {
    id: 'b136-prefault-during-launch',
    title: 'KVM: SEV: Allow pre-faulting for all guests',
    wrong: 'A page is given to the guest that can no longer be part of its measured image.',
    scenario: 'S52',
    file: SEV,
    function: 'sev_vm_init',
    changes: [{ find: '= !kvm->arch.has_private_mem;', replace: '= true;' }],
    breaks: ['add-before-final-aug-after'],
    vm: SNP,
  },
  {
    id: 'b137-page-states-joined',
    title: 'KVM: SEV: Make larger batches of page state changes',
    wrong: 'Neighbours that are to change the other way round are told done and are not.',
    scenario: 'S62',
    file: SEV,
    function: 'snp_do_psc',
    changes: [{ find: 'entry.operation != entry_start.operation ||', replace: '' }],
    breaks: ['conversion-done-when-told'],
    vm: SNP,
  },
  {
    id: 'b138-page-states-done-early',
    title: 'KVM: SEV: Complete page state changes when they are forwarded',
    wrong: 'The guest finds entries done that user space has refused.',
    scenario: 'S62',
    file: SEV,
    function: 'snp_do_psc',
    changes: [
      {
        find: 'vcpu->arch.complete_userspace_io = snp_complete_one_psc;',
        replace: 'vcpu->arch.complete_userspace_io = snp_complete_one_psc;\n\t\t__snp_complete_one_psc(svm);',
      },
    ],
    breaks: ['conversion-done-when-told'],
    vm: SNP,
  },
];
