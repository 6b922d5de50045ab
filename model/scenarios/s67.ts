/** S67: the firmware refuses a page of an SNP guest's image. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S67',
  name: 'snp-launch-failure',
  title: 'The firmware refuses a page of an SNP guest’s image',
  description:
    'User space has a page of an SNP guest measured, which may fail half-way, tries it once more, ends the launch, runs the guest, and punches the page out; another process gets it. A page that the firmware did not take is the host’s again before anybody else has it.',
  vm: ['snp'],
  source: 'domain.md 2.16; arch/x86/kvm/svm/sev.c, sev_gmem_post_populate() and snp_page_reclaim()',
  assumption: null,
  driver: 's67.c',
  setup: 's67_setup',
  threads: [{ name: 'vmm', entry: 's67_vmm', args: [] }],
  invariants: ['snp-unassign-before-free', 'add-before-final-aug-after'],
  words: ['sev_gmem_post_populate', 'snp_page_reclaim', 'snp_launch_update', 'fw_error', 'rmp_make_shared'],
  faults: 1,
  mutations: [
    {
      title: 'A page that the firmware refused is not reclaimed',
      breaks: ['snp-unassign-before-free', 'kernel-warning'],
    },
  ],
};
