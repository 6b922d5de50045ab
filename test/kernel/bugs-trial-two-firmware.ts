/** Seeded bugs of what KVM does for TDs and SNP guests; see bugs-trial-two.ts. */
import type { Bug } from './edit';
import { SEV, TDX } from './places';

const TD = ['tdx'];
const SNP = ['snp'];

export const trialTwoFirmwareBugs: readonly Bug[] = [
  {
    id: 'b194-memslot-looked-up-once',
    title: 'KVM: TDX: Look up the memslot once per EPT violation',
    wrong: 'The deletion that the loop should make way for is not seen, and waits for the loop.',
    scenario: 'S26',
    file: TDX,
    function: 'tdx_handle_ept_violation',
    changes: [
      { find: 'struct kvm_memory_slot *slot;', replace: '' },
      { find: 'bool local_retry = false;', replace: 'struct kvm_memory_slot *slot;\n\tbool local_retry = false;' },
      {
        find: 'slot = kvm_vcpu_gfn_to_memslot(vcpu, gpa_to_gfn(gpa)); if (slot && slot->flags',
        replace: 'if (slot && slot->flags',
      },
      {
        find: 'while (1) {',
        replace: 'slot = kvm_vcpu_gfn_to_memslot(vcpu, gpa_to_gfn(gpa));\n\n\twhile (1) {',
      },
    ],
    breaks: ['livelock'],
    vm: TD,
  },
  {
    id: 'b195-vcpus-not-flushed',
    title: 'KVM: TDX: Drop the flush of vCPUs when the HKID is released',
    wrong: 'vCPUs are still associated with a CPU when the HKID is freed.',
    scenario: 'S19',
    file: TDX,
    function: 'tdx_mmu_release_hkid',
    changes: [
      { find: 'kvm_for_each_vcpu(j, vcpu, kvm) tdx_flush_vp_on_cpu(vcpu);', replace: '' },
      { find: 'struct kvm_vcpu *vcpu;', replace: '' },
      { find: 'unsigned long j;', replace: '' },
    ],
    breaks: ['hkid-release-order'],
    vm: TD,
  },
  {
    id: 'b196-prefault-before-finish',
    title: 'KVM: SEV: Allow prefaults before LAUNCH_FINISH',
    wrong: 'A page is given to the guest before its launch is over, or after that has failed.',
    scenario: 'S52',
    file: SEV,
    function: 'snp_launch_finish',
    changes: [
      { find: 'if (!ret) kvm->arch.pre_fault_allowed = true;', replace: '' },
      {
        find: 'ret = sev_issue_cmd(kvm, SEV_CMD_SNP_LAUNCH_FINISH, data, &argp->error);',
        replace: `
	/* A failed LAUNCH_FINISH is fatal to the guest, no need to undo this. */
	kvm->arch.pre_fault_allowed = true;

	ret = sev_issue_cmd(kvm, SEV_CMD_SNP_LAUNCH_FINISH, data, &argp->error);`.trim(),
      },
    ],
    breaks: ['add-before-final-aug-after'],
    vm: SNP,
  },
  {
    id: 'b197-assigned-anew-at-each-fault',
    title: 'KVM: SEV: Refresh 4K RMP entries on fault',
    wrong: 'RMPUPDATE takes the validation from a page that the guest has accepted.',
    scenario: 'S25',
    file: SEV,
    function: 'sev_gmem_make_private',
    changes: [{ find: 'if (assigned) {', replace: 'if (assigned && level > PG_LEVEL_4K) {' }],
    breaks: ['accepted-data-preserved'],
    vm: SNP,
  },
];
