/** S52: a page of an SNP guest is wanted before its launch is over. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S52',
  name: 'snp-launch',
  title: 'A page of an SNP guest is wanted before its launch is over',
  description:
    'User space has a page of an SNP guest measured, ends the launch and runs the guest, while another thread wants that page and the next prefaulted. No page is given to the guest by a fault before the launch is over.',
  vm: ['snp'],
  source: 'domain.md 2.16; snp_launch_update(), sev_gmem_post_populate(), kvm_gmem_populate(); commit 5932ca411e53',
  assumption: null,
  driver: 's52.c',
  setup: 's52_setup',
  threads: [
    { name: 'vcpu0', entry: 's52_vcpu', args: [] },
    { name: 'prefault', entry: 's52_prefault', args: [] },
  ],
  invariants: ['add-before-final-aug-after', 'snp-assign-before-map', 'no-lock-cycle'],
  words: ['snp_launch_update', 'snp_launch_finish', 'sev_gmem_post_populate', 'snp_page_reclaim', 'pre_fault_allowed'],
  faults: 0,
  mutations: [{ title: 'Prefaults are allowed before the launch is over', breaks: ['add-before-final-aug-after'] }],
};
