/** S24: an attribute changes where no memslot is. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S24',
  name: 'attribute-outside-slots',
  title: 'An attribute changes where no memslot is',
  description:
    'Two gfns have no memslot, and a vCPU uses them as MMIO, which KVM remembers in its tables. User space makes them private, which invalidates nothing, and creates a memslot over them. From then on they are memory, and of the right kind.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md 1.3, S24; kvm_mmu_faultin_pfn(), check_mmio_spte(), kvm_swap_active_memslots()',
  assumption: null,
  driver: 's24.c',
  setup: 's24_setup',
  threads: [
    { name: 'vcpu0', entry: 's24_vcpu', args: [] },
    { name: 'vmm', entry: 's24_vmm', args: [] },
  ],
  invariants: ['mmio-where-no-slot'],
  words: ['kvm_handle_noslot_fault', 'check_mmio_spte', 'make_mmio_spte', 'generation', 'enable_mmio_caching'],
  faults: 0,
  mutations: [
    { title: 'The generation of memslots is bumped under a condition', breaks: ['mmio-where-no-slot'] },
    {
      title: 'A fault that found no memslot looks again after it compared its kind',
      breaks: ['attr-match-at-install'],
    },
  ],
};
