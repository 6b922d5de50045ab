/** S18: a VM is built, made final, and used. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S18',
  name: 'td-build',
  title: 'A VM is built, made final, and used',
  description:
    'The initial image of a TD is added and measured, the TD is made final, and then a vCPU uses the image while another faults in a page that was not part of it. Pages are added before the TD is final and augmented after.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md S18; tdx_vcpu_init_mem_region(), tdx_td_finalize()',
  assumption: null,
  driver: 's18.c',
  setup: 's18_setup',
  threads: [
    { name: 'vcpu0', entry: 's18_vcpu', args: [0, 0] },
    { name: 'vcpu1', entry: 's18_vcpu', args: [1, 1] },
  ],
  invariants: ['mirror-sept-in-sync', 'accepted-data-preserved', 'attr-match-at-install', 'add-before-final-aug-after'],
  words: ['tdx_vcpu_init_mem_region', 'tdx_td_finalize', 'TDH.MEM.PAGE.ADD', 'pre_fault_allowed', 'kvm_gmem_populate'],
  faults: 0,
  mutations: [{ title: 'Pages are augmented before the TD is final', breaks: ['add-before-final-aug-after'] }],
};
