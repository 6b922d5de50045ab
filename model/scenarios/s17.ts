/** S17: two faults build the same tables. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S17',
  name: 'two-mappers',
  title: 'Two faults build the same tables',
  description:
    'Two vCPUs fault on neighbouring gfns under tables that do not exist yet, while the TDX module may say BUSY. Each table is linked once, its parent first; a failed attempt leaves no trace.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'seed 003; domain.md S17; kvm_tdp_mmu_map()',
  assumption: null,
  driver: 's17.c',
  setup: 's17_setup',
  threads: [
    { name: 'vcpu0', entry: 's17_vcpu', args: [0, 0] },
    { name: 'vcpu1', entry: 's17_vcpu', args: [1, 1] },
  ],
  invariants: [
    'parent-first-child-last',
    'frozen-is-transient',
    'shared-failure-rolls-back',
    'mirror-sept-in-sync',
    'freeze-around-seamcall',
    'busy-handled-in-place',
    'fault-progress',
  ],
  words: ['FROZEN_SPTE', 'REMOVED_SPTE', 'TDX_OPERAND_BUSY', 'tdp_mmu_link_sp'],
  faults: 1,
  mutations: [
    { title: 'A failed SEAMCALL leaves the entry frozen', breaks: ['frozen-is-transient', 'livelock'] },
    {
      title: 'A table is published before TDH.MEM.SEPT.ADD',
      breaks: ['parent-first-child-last', 'freeze-around-seamcall', 'mirror-sept-in-sync'],
    },
    {
      title: 'The new value is written although the SEAMCALL failed',
      breaks: ['shared-failure-rolls-back', 'mirror-sept-in-sync'],
    },
  ],
};
