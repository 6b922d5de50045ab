/** S63: a page goes back to the host below a table that is taken away. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S63',
  name: 'nx-recovery-and-notifier',
  title: 'A page goes back to the host below a table that is taken away',
  description:
    'The worker that gives huge pages back zaps a table under the read lock, while the kernel takes a page from the VMM that the table maps and a vCPU has cached. Whichever comes first, the notifier returns when no vCPU can reach the page any more.',
  vm: ['default'],
  source: 'domain.md S15; kvm_recover_nx_huge_pages(), kvm_mmu_unmap_gfn_range()',
  assumption: null,
  driver: 's63.c',
  setup: 's63_setup',
  threads: [
    { name: 'vcpu0', entry: 's63_vcpu', args: [] },
    { name: 'worker', entry: 's63_worker', args: [] },
    { name: 'mm', entry: 's63_mm', args: [] },
  ],
  invariants: ['unmap-before-free', 'pt-page-rcu-freed', 'flush-before-unlock'],
  words: ['kvm_recover_nx_huge_pages', 'kvm_tdp_mmu_zap_possible_nx_huge_page', 'handle_removed_pt'],
  faults: 0,
  mutations: [{ title: 'The worker does not flush', breaks: ['flush-before-unlock', 'unmap-before-free'] }],
};
