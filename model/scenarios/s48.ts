/** S48: the registers of a vCPU lie in a memslot that is deleted. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S48',
  name: 'vmsa-slot-deleted',
  title: 'The registers of a vCPU lie in a memslot that is deleted',
  description:
    'Two vCPUs of an SNP guest have VMSAs that the guest made of pages of its own, and one of them runs. User space deletes the memslot around them, so that the punch of the pages, which follows, no longer finds the vCPUs. The vCPU is thrown out by the deletion, and is refused from then on.',
  vm: ['snp'],
  source: 'domain.md S23; kvm_arch_flush_shadow_memslot(), sev_gmem_invalidate_range(), pre_sev_run()',
  assumption: null,
  driver: 's48.c',
  setup: 's48_setup',
  threads: [
    { name: 'vcpu2', entry: 's48_vcpu', args: [] },
    { name: 'vmm', entry: 's48_vmm', args: [] },
  ],
  invariants: ['snp-vmsa-tracks-memory', 'snp-unassign-before-free', 'snp-unmap-before-rmpchange'],
  words: [
    'kvm_arch_flush_shadow_memslot',
    'kvm_arch_gmem_invalidate_range',
    'sev_gmem_invalidate_range',
    'KVM_REQ_VMSA_PAGE_RELOAD',
  ],
  faults: 0,
  mutations: [
    {
      title: 'A memslot goes without invalidating VMSAs',
      breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    },
    { title: 'Only the first vCPU whose VMSA lies there is told', breaks: ['snp-vmsa-tracks-memory'] },
  ],
};
