/** S14: a fault meets a memslot that is being deleted. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S14',
  name: 'invalid-slot',
  title: 'A fault meets a memslot that is being deleted',
  description:
    'A vCPU prefaults and then uses a private gfn whose memslot is being deleted. The deletion waits for the vCPU to leave its SRCU section, so both loops must notice and leave.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md S14; tdx_handle_ept_violation(); commits 2bc2694fe20b, 3ccbf6f47098',
  assumption: null,
  driver: 's14.c',
  setup: 's14_setup',
  threads: [
    { name: 'vcpu0', entry: 's14_vcpu', args: [] },
    { name: 'vmm', entry: 's14_vmm', args: [] },
  ],
  invariants: ['no-srcu-self-deadlock', 'slot-delete-leaves-nothing'],
  words: ['KVM_MEMSLOT_INVALID', 'synchronize_srcu', 'KVM_PRE_FAULT_MEMORY'],
  faults: 0,
  mutations: [{ title: "A retry loop doesn't look for the invalid slot", breaks: ['livelock', 'deadlock'] }],
};
