/** S50: small pages are put together while one of them is given back. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S50',
  name: 'huge-page-recovery-and-balloon',
  title: 'Small pages are put together while one of them is given back',
  description:
    'Dirty logging ends, and KVM maps a huge page in the place of the table that it had for the log, without a fault that looks for invalidations. Meanwhile a balloon takes a page of it, for which the kernel splits the huge page of the VMM, and the guest goes on: the new mapping must not reach what is gone.',
  vm: ['default'],
  source: 'domain.md 2.10; kvm_mmu_recover_huge_pages(), recover_huge_pages_range(), host_pfn_mapping_level()',
  assumption: null,
  driver: 's50.c',
  setup: 's50_setup',
  threads: [
    { name: 'vcpu0', entry: 's50_vcpu', args: [] },
    { name: 'vmm', entry: 's50_vmm', args: [] },
  ],
  invariants: ['unmap-before-free', 'pt-page-rcu-freed', 'flush-before-unlock', 'leaf-pfn-stable'],
  words: [
    'kvm_mmu_recover_huge_pages',
    'kvm_tdp_mmu_recover_huge_pages',
    'recover_huge_pages_range',
    'kvm_mmu_zap_collapsible_sptes',
    'make_huge_spte',
    'host_pfn_mapping_level',
  ],
  faults: 0,
  mutations: [
    { title: 'Huge pages are put together whatever the VMM has', breaks: ['unmap-before-free'] },
    { title: 'Tables are removed for huge pages without a flush', breaks: ['pt-page-rcu-freed'] },
  ],
};
