/** Seeded bugs of what KVM does with the TDX module and for SEV and SNP guests; see bugs-trial.ts. */
import type { Bug } from './edit';
import { GMEM, SEV, TDX, X86 } from './places';

const TD = ['tdx'];
const SNP = ['snp'];

export const trialFirmwareBugs: readonly Bug[] = [
  {
    id: 'b148-unlocked-before-assigned',
    title: 'KVM: guest_memfd: Unlock the folio before it is made private',
    wrong: 'A hole frees the page while it is being assigned, and it reaches the host assigned.',
    scenario: 'S35',
    file: GMEM,
    function: 'kvm_gmem_get_pfn',
    changes: [
      { find: 'folio_unlock(folio);', replace: '' },
      {
        find: 'clear_highpage(folio_page(folio, 0)); folio_mark_uptodate(folio); }',
        replace: `clear_highpage(folio_page(folio, 0));
		folio_mark_uptodate(folio);
	}

	/* The reference keeps the page alive; RMPUPDATE may take a while. */
	folio_unlock(folio);`,
      },
    ],
    breaks: ['snp-unassign-before-free', 'kernel-bug', 'memory-safety'],
    vm: SNP,
  },
  {
    id: 'b151-kicked-before-held-off',
    title: 'KVM: TDX: Kick vCPUs before telling them to stay out',
    wrong: 'A vCPU enters again between the kick and the flag, and makes the retry BUSY.',
    scenario: 'S10',
    file: TDX,
    function: 'tdh_do_no_vcpus',
    changes: [
      {
        find: 'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);',
        replace: 'kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);',
      },
      {
        find: `(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);
          kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);`,
        replace: '(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);\t\\\n\t\tWRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);\t\t',
      },
    ],
    breaks: ['no-entry-during-zap-retry', 'busy-handled-in-place', 'seamcall-refused', 'kernel-bug'],
    vm: TD,
  },
  {
    id: 'b153-tracked-once',
    title: 'KVM: TDX: Do TDH.MEM.TRACK only once per invalidation',
    wrong: 'A page that is blocked after the only TRACK of an invalidation is removed without tracking.',
    scenario: 'S11',
    file: TDX,
    function: 'tdx_track',
    changes: [
      {
        insertAbove:
          '/* Invalidation for which TDH.MEM.TRACK was last done, plus one. */\nstatic unsigned long tdx_tracked_seq;',
      },
      {
        find: 'err = tdh_do_no_vcpus',
        replace: `if (tdx_tracked_seq == kvm->mmu_invalidate_seq + 1)
		return;
	tdx_tracked_seq = kvm->mmu_invalidate_seq + 1;

	err = tdh_do_no_vcpus`,
      },
    ],
    breaks: ['block-track-remove-order', 'seamcall-refused', 'kernel-bug'],
    vm: TD,
  },
  {
    id: 'b154-one-vcpu-of-a-range',
    title: 'KVM: SEV: Stop searching once the vCPU of a VMSA was found',
    wrong: 'A range may hold the VMSAs of several vCPUs, and only the first vCPU lets go of its own.',
    scenario: 'S23',
    file: SEV,
    function: 'sev_gmem_invalidate_range',
    changes: [
      {
        find: `gpa_to_gfn(gpa) < range->end)
          kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);`,
        replace: `gpa_to_gfn(gpa) < range->end) {
			kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);
			break;
		}`,
      },
    ],
    breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    vm: SNP,
  },
  {
    id: 'b155-reclaimed-for-cpuid-only',
    title: 'KVM: SEV: Check for a bad CPUID page before reclaiming it',
    wrong: 'A page that the firmware refused for another reason is not reclaimed and reaches the host assigned.',
    scenario: 'S67',
    file: SEV,
    function: 'sev_gmem_post_populate',
    changes: [
      {
        find: 'if (ret && !snp_page_reclaim(kvm, pfn) && sev_populate_args->type',
        replace: 'if (ret && sev_populate_args->type',
      },
      {
        find: 'sev_populate_args->fw_error == SEV_RET_INVALID_PARAM',
        replace: 'sev_populate_args->fw_error == SEV_RET_INVALID_PARAM &&\n\t    !snp_page_reclaim(kvm, pfn)',
      },
    ],
    breaks: ['snp-unassign-before-free', 'kernel-bug'],
    vm: SNP,
  },
  {
    id: 'b156-vmsa-gpa-saved-unlocked',
    title: 'KVM: SEV: Save the GPA of a VMSA outside of mmu_lock',
    wrong: 'An invalidation after the check and before the store does not find the vCPU that uses the page.',
    scenario: 'S23',
    file: SEV,
    function: '__sev_snp_reload_vmsa',
    changes: [
      { find: 'svm->sev_es.snp_guest_vmsa_gpa = gpa;', replace: '' },
      {
        find: 'read_unlock(&kvm->mmu_lock);',
        replace: 'read_unlock(&kvm->mmu_lock);\n\n\tWRITE_ONCE(svm->sev_es.snp_guest_vmsa_gpa, gpa);',
      },
    ],
    breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    vm: SNP,
  },
  {
    id: 'b164-hkid-held-too-long',
    title: 'KVM: x86: Release vendor state of a VM after its vCPUs',
    wrong: 'vCPUs are freed while the HKID is assigned, and their pages cannot be reclaimed.',
    scenario: 'S19',
    file: X86,
    function: 'kvm_arch_destroy_vm',
    changes: [
      { in: 'kvm_arch_pre_destroy_vm', find: 'kvm_x86_call(vm_pre_destroy)(kvm);', replace: '' },
      {
        find: 'kvm_destroy_vcpus(kvm);',
        replace: 'kvm_destroy_vcpus(kvm);\n\tkvm_x86_call(vm_pre_destroy)(kvm);',
      },
    ],
    breaks: ['hkid-release-order', 'seamcall-refused', 'kernel-bug', 'kernel-warning'],
    vm: TD,
  },
  {
    id: 'b165-flush-left-to-the-module',
    title: 'KVM: TDX: Leave all TLB flushes of a TD to the TDX module',
    wrong: 'TDH.MEM.TRACK flushes private translations only; those of shared memory stay.',
    scenario: 'S13',
    file: 'arch/x86/kvm/vmx/main.c',
    function: 'vt_flush_tlb_all',
    changes: [
      {
        find: 'if (is_td_vcpu(vcpu)) { tdx_flush_tlb_all(vcpu); return; }',
        replace: 'if (is_td_vcpu(vcpu))\n\t\treturn;',
      },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: TD,
  },
  {
    id: 'b175-asid-not-flushed-on-another-cpu',
    title: 'KVM: SEV: Flush an ASID only if another VMCB used it',
    wrong: 'A vCPU that comes back to a CPU finds the translations that it left there.',
    file: SEV,
    function: 'pre_sev_run',
    changes: [
      {
        find: 'if (sd->sev_vmcbs[asid] == svm->vmcb && svm->vcpu.arch.last_vmentry_cpu == cpu)',
        replace: 'if (sd->sev_vmcbs[asid] == svm->vmcb)',
      },
    ],
    breaks: ['flush-before-unlock', 'unmap-before-free'],
    vm: ['sev', 'sev-es', 'snp'],
  },
];
