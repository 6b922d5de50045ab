/** S62: an SNP guest asks for several page state changes at once. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S62',
  name: 'page-state-changes',
  title: 'An SNP guest asks for several page state changes at once',
  description:
    'By its GHCB the guest asks for two private pages to be shared and for a third to be private, then uses them so. KVM joins neighbours of one kind into one exit, user space does what it is asked or refuses, and the guest goes by the entries that KVM calls done. Meanwhile user space gives the private page behind the first back to the host.',
  vm: ['snp'],
  source:
    'domain.md S22 and section 2.16; arch/x86/kvm/svm/sev.c, snp_begin_psc(), snp_do_psc() and snp_complete_one_psc()',
  assumption: null,
  driver: 's62.c',
  setup: 's62_setup',
  threads: [
    { name: 'vcpu0', entry: 's62_vcpu', args: [] },
    { name: 'vmm', entry: 's62_vmm', args: [] },
  ],
  invariants: [
    'conversion-done-when-told',
    'unmap-before-convert',
    'attr-match-at-install',
    'no-install-while-invalidating',
    'snp-assign-before-map',
  ],
  words: ['snp_begin_psc', 'snp_complete_psc', 'page state change', 'GHCB', 'KVM_HC_MAP_GPA_RANGE'],
  faults: 1,
  mutations: [
    { title: 'Neighbours of different kinds are joined', breaks: ['conversion-done-when-told'] },
    { title: 'Entries are done before user space has answered', breaks: ['conversion-done-when-told'] },
    { title: 'A failure to assign a page is ignored', breaks: ['snp-assign-before-map'] },
  ],
};
