/** S51: a gfn that is mapped is prefaulted while its memslot is being deleted. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S51',
  name: 'invalid-slot-still-mapped',
  title: 'A gfn that is mapped is prefaulted while its memslot is being deleted',
  description:
    'User space prefaults shared memory that is mapped already, and deletes its memslot. The prefault may find the memslot invalid while the mapping is still there: it must not take the gfn for one without memory.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'commit e0c378684b65; arch/x86/kvm/mmu/mmu.c, kvm_mmu_faultin_pfn()',
  assumption: null,
  driver: 's51.c',
  setup: 's51_setup',
  threads: [
    { name: 'prefault', entry: 's51_prefault', args: [] },
    { name: 'vmm', entry: 's51_vmm', args: [] },
  ],
  invariants: ['slot-delete-leaves-nothing', 'leaf-pfn-stable'],
  words: ['KVM_MEMSLOT_INVALID', 'kvm_handle_noslot_fault', 'kvm_invalidate_memslot', 'KVM_PRE_FAULT_MEMORY'],
  faults: 0,
  mutations: [{ title: 'An invalid memslot is taken for none', breaks: ['kernel-warning'] }],
};
