/** S30: a memslot with a guest_memfd is asked to be what it cannot be. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S30',
  name: 'gmem-slot-flags',
  title: 'A memslot with a guest_memfd is asked to be what it cannot be',
  description:
    'User space turns dirty logging on for a memslot with a guest_memfd, moves it to another gfn, takes the guest_memfd from it, creates a read-only one, and one in the address space of SMM, and then deletes the first, while the guest uses its private memory. KVM refuses all but the last: write protection of a private leaf would remove it, a copy of the memslot would have no binding, no write to private memory can be emulated, and guests with private memory have no SMM.',
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
  words: [
    'KVM_MEM_LOG_DIRTY_PAGES',
    'KVM_MEM_READONLY',
    'KVM_MEM_GUEST_MEMFD',
    'KVM_MR_FLAGS_ONLY',
    'KVM_MR_MOVE',
    'check_memory_region_flags',
    'KVM_MAX_NR_ADDRESS_SPACES',
  ],
  faults: 0,
  mutations: [
    {
      title: 'Flags of memslots with a guest_memfd may change',
      breaks: ['gmem-slot-restricted'],
    },
    { title: 'Memslots with a guest_memfd may be read-only', breaks: ['gmem-slot-restricted'] },
    { title: 'A memslot may lose its guest_memfd', breaks: ['kernel-warning'] },
    { title: 'A memslot may be in an address space that the VM does not have', breaks: ['gmem-slot-restricted'] },
  ],
};
