/** S61: a page of both address spaces is taken away. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S61',
  name: 'smm-unmap',
  title: 'A page that SMM has, too, is taken away',
  description:
    'A vCPU takes an SMI, uses a page that the guest has in both of its address spaces, and returns, while the kernel takes the page away from the VMM and gives it to somebody else. The unmap reaches the roots of both address spaces, whichever of them the vCPU is about to load.',
  vm: ['default'],
  source:
    'commits 50107e8b2a8a and 441a5dfcd968; kvm_smm_changed(), kvm_handle_hva_range(), kvm_tdp_mmu_unmap_gfn_range()',
  assumption: null,
  driver: 's61.c',
  setup: 's61_setup',
  threads: [
    { name: 'vcpu0', entry: 's61_vcpu', args: [] },
    { name: 'mm', entry: 's61_mm', args: [] },
  ],
  invariants: ['unmap-before-free', 'root-of-address-space', 'flush-before-unlock', 'no-install-while-invalidating'],
  words: ['is_smm', 'kvm_smm_changed', 'kvm_vcpu_memslots', 'kvm_handle_hva_range', 'kvm_mmu_reset_context'],
  faults: 0,
  mutations: [
    { title: 'An unmap goes over the memslots of one address space', breaks: ['unmap-before-free'] },
    { title: "An unmap looks at one address space's roots", breaks: ['unmap-before-free'] },
    { title: "Going into SMM keeps the vCPU's root", breaks: ['root-of-address-space'] },
  ],
};
