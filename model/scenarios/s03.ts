/** S03: deleting a memslot leaves its neighbour alone. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S03',
  name: 'slot-delete-spares-neighbour',
  title: 'Deleting a memslot leaves its neighbour alone',
  description:
    'Two memslots share a page table. User space deletes one of them while a vCPU uses the other and a second vCPU faults on the one that goes. The neighbour keeps its data.',
  vm: ['sw-protected', 'tdx'],
  source: 'seed 000; domain.md S03; kvm_arch_flush_shadow_memslot()',
  assumption: null,
  driver: 's03.c',
  setup: 's03_setup',
  threads: [
    { name: 'vcpu0', entry: 's03_vcpu0', args: [] },
    { name: 'vcpu1', entry: 's03_vcpu1', args: [] },
    { name: 'vmm', entry: 's03_vmm', args: [] },
  ],
  invariants: ['td-zap-only-requested', 'accepted-data-preserved', 'slot-delete-leaves-nothing', 'mirror-sept-in-sync'],
  words: ['attr_filter', 'memslot', 'accept', 'kvm_mmu_zap_memslot_leafs'],
  faults: 0,
  mutations: [
    { title: 'The whole mirror root is zapped', breaks: ['td-zap-only-requested', 'accepted-data-preserved'] },
    { title: 'The range is rounded up to its table', breaks: ['td-zap-only-requested', 'accepted-data-preserved'] },
  ],
};
