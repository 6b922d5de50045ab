/** S35: two names for one private page. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S35',
  name: 'two-names-for-one-page',
  title: 'Two names for one private page',
  description:
    'User space asks for a second memslot over a page of a guest_memfd that is bound already, and for a memslot at an address with the shared bit of a TD, while a vCPU uses both gfns. KVM refuses both, and leaves everything as it was.',
  vm: ['sw-protected', 'snp', 'tdx'],
  source: 'domain.md S35; kvm_gmem_commit_memory_region(), kvm_arch_prepare_memory_region()',
  assumption: null,
  driver: 's35.c',
  setup: 's35_setup',
  threads: [
    { name: 'vcpu0', entry: 's35_vcpu', args: [] },
    { name: 'vmm', entry: 's35_vmm', args: [] },
  ],
  invariants: ['pfn-one-private-owner', 'mapping-has-binding', 'gmem-binding-safe', 'snp-assign-before-map'],
  words: ['EEXIST', 'bindings', 'kvm_is_gfn_alias'],
  faults: 0,
  mutations: [
    { title: 'Bindings may overlap', breaks: ['pfn-one-private-owner'] },
    { title: 'The invalidate lock stays held when a binding is refused', breaks: ['deadlock'] },
  ],
};
