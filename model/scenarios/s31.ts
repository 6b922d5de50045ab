/** S31: a TD is built in pieces. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S31',
  name: 'td-build-in-pieces',
  title: 'A TD is built in pieces',
  description:
    'The initial image of a TD is added, with a signal or a busy TDX module in between, and what is left is added by a second call. Meanwhile a hole is punched into one of its pages. Each page is either in the mirror, in the S-EPT and measured, or in none of them.',
  vm: ['tdx'],
  source: 'domain.md S31; tdx_vcpu_init_mem_region(), kvm_gmem_populate(), kvm_tdp_mmu_map_private_pfn()',
  assumption: null,
  driver: 's31.c',
  setup: 's31_setup',
  threads: [
    { name: 'vmm', entry: 's31_vmm', args: [] },
    { name: 'punch', entry: 's31_punch', args: [] },
  ],
  invariants: ['no-lock-cycle', 'mirror-sept-in-sync', 'attr-match-at-install'],
  words: ['KVM_TDX_INIT_MEM_REGION', 'KVM_TDX_MEASURE_MEMORY_REGION', 'page_add_src'],
  faults: 1,
  mutations: [
    { title: 'The source page stays recorded after a failure', breaks: ['kernel-bug'] },
    { title: 'BUSY is taken for success', breaks: ['seamcall-refused'] },
  ],
};
