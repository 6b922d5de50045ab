/** S23: the registers of a vCPU lie in a page that is punched. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S23',
  name: 'vmsa-in-guest-memory',
  title: 'The registers of a vCPU lie in a page that is punched',
  description:
    'A vCPU of an SNP guest runs with a VMSA that the guest made of a page of its own. User space punches a hole there, and another in what the vCPU has found in its place, and the page goes to another process. The vCPU is thrown out before the page is taken back, and runs again only with a page that is there.',
  vm: ['snp'],
  source: 'domain.md S23; sev_gmem_invalidate_range(), __sev_snp_reload_vmsa(), pre_sev_run()',
  assumption: null,
  driver: 's23.c',
  setup: 's23_setup',
  threads: [
    { name: 'vcpu1', entry: 's23_vcpu', args: [] },
    { name: 'vmm', entry: 's23_vmm', args: [] },
  ],
  invariants: ['snp-vmsa-tracks-memory', 'snp-unassign-before-free', 'snp-unmap-before-rmpchange'],
  words: [
    'sev_gmem_invalidate_range',
    '__sev_snp_reload_vmsa',
    'KVM_REQ_VMSA_PAGE_RELOAD',
    'sev_snp_ap_creation',
    'vmsa_pa',
    'pre_sev_run',
  ],
  faults: 0,
  mutations: [
    {
      title: 'A hole is punched without invalidating VMSAs',
      breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange', 'snp-unassign-before-free'],
    },
    { title: 'The reload does not look at the sequence under mmu_lock', breaks: ['snp-vmsa-tracks-memory'] },
    { title: 'The reload says where its VMSA lies after mmu_lock is dropped', breaks: ['snp-vmsa-tracks-memory'] },
    { title: 'The kick does not wait', breaks: ['snp-vmsa-tracks-memory', 'snp-unmap-before-rmpchange'] },
  ],
};
