/** S22: the guest converts a page and back. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S22',
  name: 'conversion-round-trip',
  title: 'The guest converts a page and back',
  description:
    'The guest asks for its page to be shared, uses it so, asks for it to be private again, and accepts it, while user space gives the private page behind it back to the host. An SNP guest validates its page and takes that back before it gives the page up.',
  vm: ['sw-protected', 'snp', 'tdx'],
  source: 'domain.md S22 and section 2.17; tdx_map_gpa()',
  assumption: null,
  driver: 's22.c',
  setup: 's22_setup',
  threads: [
    { name: 'vcpu0', entry: 's22_vcpu', args: [] },
    { name: 'vmm', entry: 's22_vmm', args: [] },
  ],
  invariants: [
    'unmap-before-convert',
    'attr-match-at-install',
    'unmap-before-free',
    'no-install-while-invalidating',
    'snp-assign-before-map',
    'snp-unassign-before-free',
    'snp-unmap-before-rmpchange',
  ],
  words: ['tdx_map_gpa', 'KVM_SET_MEMORY_ATTRIBUTES', 'page state change', 'rmp_make_private'],
  faults: 0,
  mutations: [
    { title: 'The old kind is not unmapped', breaks: ['unmap-before-convert'] },
    { title: 'A failure to assign a page is ignored (SNP)', breaks: ['snp-assign-before-map'] },
    { title: 'Pages of a hole are taken back before they are unmapped (SNP)', breaks: ['snp-unmap-before-rmpchange'] },
  ],
};
