/** S30: dirty logging is asked for where it cannot be had. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S30',
  name: 'gmem-slot-flags',
  title: 'Dirty logging is asked for where it cannot be had',
  description:
    'User space turns dirty logging on for a memslot with a guest_memfd, moves it to another gfn and then deletes it, while the guest uses its private memory. KVM refuses the first two: write protection of a private leaf would remove it, and a copy of the memslot would have no binding.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md S30; check_memory_region_flags(), kvm_set_memory_region()',
  assumption: null,
  driver: 's30.c',
  setup: 's30_setup',
  threads: [
    { name: 'vcpu0', entry: 's30_vcpu', args: [] },
    { name: 'vmm', entry: 's30_vmm', args: [] },
  ],
  invariants: ['gmem-slot-restricted', 'private-remove-exclusive', 'mapping-has-binding'],
  words: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_GUEST_MEMFD', 'KVM_MR_FLAGS_ONLY', 'KVM_MR_MOVE'],
  faults: 0,
  mutations: [
    {
      title: 'Flags of memslots with a guest_memfd may change',
      breaks: ['gmem-slot-restricted'],
    },
  ],
};
