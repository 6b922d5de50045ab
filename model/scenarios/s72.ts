/** S72: memory gives out. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S72',
  name: 'out-of-memory',
  title: 'Memory gives out in an ioctl',
  description:
    'Any one allocation fails while user space turns dirty logging on, for which a huge page is split, or makes memory private. What KVM has begun by then it ends: references are dropped, invalidations are over, and the VM is destroyed as any other.',
  vm: ['default', 'sw-protected', 'tdx'],
  source:
    'tdp_mmu_alloc_sp_for_split(), kvm_tdp_mmu_try_split_huge_pages(), kvm_vm_set_mem_attributes(), kvm_set_memory_region()',
  assumption: null,
  driver: 's72.c',
  setup: 's72_setup',
  threads: [{ name: 'vmm', entry: 's72_vmm', args: [] }],
  invariants: ['root-refcount-sound'],
  words: [
    'tdp_mmu_alloc_sp_for_split',
    'kvm_tdp_mmu_try_split_huge_pages',
    'xa_reserve',
    'kvm_vm_set_mem_attributes',
    'GFP_KERNEL_ACCOUNT',
    'ENOMEM',
  ],
  faults: 1,
  mutations: [
    { title: 'A failed split keeps its reference to the root', breaks: ['kernel-warning'] },
    { title: 'A conversion that fails on the way leaves its invalidation open', breaks: ['invalidate-balanced'] },
  ],
};
