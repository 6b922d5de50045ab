/** S15: a table that stands in the way of a huge page is given back. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S15',
  name: 'nx-recovery',
  title: 'A table that stands in the way of a huge page is given back',
  description:
    'Huge pages are not executable, so a page that the guest runs code in is mapped through a table. The worker that gives huge pages back zaps the table under the read lock, while a vCPU faults below it and has its entries cached.',
  vm: ['default', 'sw-protected'],
  source: 'domain.md S15; kvm_recover_nx_huge_pages(), kvm_tdp_mmu_zap_possible_nx_huge_page()',
  assumption: null,
  driver: 's15.c',
  setup: 's15_setup',
  threads: [
    { name: 'vcpu0', entry: 's15_vcpu', args: [] },
    { name: 'worker', entry: 's15_worker', args: [] },
  ],
  invariants: ['pt-page-rcu-freed', 'freed-table-maps-nothing', 'flush-before-unlock', 'frozen-is-transient'],
  words: [
    'kvm_recover_nx_huge_pages',
    'kvm_tdp_mmu_zap_possible_nx_huge_page',
    'possible_nx_huge_pages',
    'nx_huge_page_disallowed',
    'nx_huge_pages',
  ],
  faults: 0,
  mutations: [
    { title: 'The RCU section ends before the flush', breaks: ['pt-page-rcu-freed'] },
    { title: 'The table is freed at once', breaks: ['pt-page-rcu-freed'] },
    { title: 'Entries of the table that map nothing are not frozen', breaks: ['freed-table-maps-nothing'] },
    { title: 'The worker does not flush', breaks: ['flush-before-unlock'] },
  ],
};
