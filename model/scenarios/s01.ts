/** S01: a private page is mapped and zapped at the same time. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S01',
  name: 'mirror-sept-race',
  title: 'A private page is mapped and zapped at the same time',
  description:
    'One vCPU faults a private page in while user space punches a hole under it. The mirror and the S-EPT must change together: the mapping either survives both or is gone from both before the page is freed.',
  vm: ['tdx'],
  source: 'seed 003; domain.md S01; tdp_mmu_set_spte_atomic()',
  assumption: null,
  driver: 's01.c',
  setup: 's01_setup',
  threads: [
    { name: 'vcpu0', entry: 's01_vcpu', args: [] },
    { name: 'vmm', entry: 's01_vmm', args: [] },
  ],
  invariants: [
    'mirror-sept-in-sync',
    'freeze-around-seamcall',
    'frozen-is-transient',
    'private-remove-exclusive',
    'unmap-before-free',
  ],
  words: ['REMOVED_SPTE', 'FROZEN_SPTE', 'S-EPT', 'mirror'],
  faults: 0,
  mutations: [
    {
      title: 'The new entry is written before the SEAMCALL, without a freeze',
      breaks: ['mirror-sept-in-sync', 'freeze-around-seamcall'],
    },
    {
      title: 'The SEAMCALL is issued after mmu_lock was dropped',
      breaks: ['freeze-around-seamcall', 'mirror-sept-in-sync'],
    },
  ],
};
