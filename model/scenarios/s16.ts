/** S16: the worker that gives huge pages back runs on a TD. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S16',
  name: 'nx-recovery-on-td',
  title: 'The worker that gives huge pages back runs on a TD',
  description:
    'Huge pages are not executable, and the worker that gives them back runs while a vCPU of a TD faults on private memory below a table that is there. It finds no table of the mirror on its list: one that it zapped would be taken from the TDX module, with the data behind it.',
  vm: ['tdx'],
  source: 'domain.md S16; tdx_handle_ept_violation(), kvm_tdp_mmu_map(), kvm_recover_nx_huge_pages()',
  assumption: null,
  driver: 's16.c',
  setup: 's16_setup',
  threads: [
    { name: 'vcpu0', entry: 's16_vcpu', args: [] },
    { name: 'worker', entry: 's16_worker', args: [] },
  ],
  invariants: ['nx-recovery-skips-mirror', 'td-nonleaf-immortal'],
  words: ['track_possible_nx_huge_page', 'nx_huge_page_disallowed', 'EPT_VIOLATION_ACC_INSTR', 'PFERR_FETCH_MASK'],
  faults: 0,
  mutations: [
    {
      title: 'Private faults fetch code, and tables of all levels go on the list',
      breaks: ['nx-recovery-skips-mirror', 'private-remove-exclusive', 'td-zap-only-requested'],
    },
  ],
};
