/** S73: the worker that gives huge pages back finds two tables. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S73',
  name: 'nx-recovery-of-two',
  title: 'Two tables that stand in the way of a huge page are given back',
  description:
    'The worker zaps the first table, which a vCPU outside of SMM has entries of in its TLB, and comes too late for the second: a vCPU in SMM maps the huge page over it as soon as it is no longer accounted. What the first needs is still flushed.',
  vm: ['default'],
  source:
    'kvm_recover_nx_huge_pages(), kvm_tdp_mmu_zap_possible_nx_huge_page(), disallowed_hugepage_adjust(); domain.md S15',
  assumption: null,
  driver: 's73.c',
  setup: 's73_setup',
  threads: [
    { name: 'vcpu0', entry: 's73_vcpu', args: [] },
    { name: 'vcpu1', entry: 's73_handler', args: [] },
    { name: 'worker', entry: 's73_worker', args: [] },
  ],
  invariants: ['pt-page-rcu-freed', 'flush-before-unlock'],
  words: [
    'kvm_recover_nx_huge_pages',
    'kvm_tdp_mmu_zap_possible_nx_huge_page',
    'unaccount_nx_huge_page',
    'disallowed_hugepage_adjust',
    'nx_huge_pages_recovery_ratio',
  ],
  faults: 0,
  mutations: [
    { title: 'The worker remembers of the last table only that a flush is due', breaks: ['pt-page-rcu-freed'] },
  ],
};
