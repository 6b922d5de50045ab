/** S47: a VM goes through everything, one step after the other. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S47',
  name: 'whole-life',
  title: 'A VM goes through everything, one step after the other',
  description:
    'One thread is user space and both vCPUs, from the first page to the end of the VM: faults and prefaults, reclaim, new roots, conversions both ways, holes, a failed page, memslots that come, are refused and go, destruction. What breaks without any race breaks here, and what is lost on the way shows at the end.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: "domain.md section 2, its operations in sequence; the kernel's own checks in kvm_mmu_uninit_tdp_mmu()",
  assumption: null,
  driver: 's47.c',
  setup: 's47_setup',
  threads: [{ name: 'vmm', entry: 's47_life', args: [] }],
  invariants: ['unmap-before-free', 'slot-delete-leaves-nothing', 'root-refcount-sound', 'invalidate-balanced'],
  words: ['kvm_tdp_mmu_alloc_root', 'kvm_mmu_uninit_tdp_mmu', 'KVM_PRE_FAULT_MEMORY', 'memslot'],
  faults: 0,
  mutations: [
    { title: 'Another reference to the mirror root is taken with each direct root', breaks: ['kernel-warning'] },
    { title: 'A page that is there is mapped again by a prefault', breaks: ['mirror-sept-in-sync'] },
  ],
};
