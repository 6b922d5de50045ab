/** S33: memory is reclaimed during a fast zap. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S33',
  name: 'notifier-during-fast-zap',
  title: 'Memory is reclaimed during a fast zap',
  description:
    'User space deletes a memslot of an ordinary VM, which invalidates all roots and zaps them later; meanwhile the kernel reclaims a page of another memslot that the old root still maps.',
  vm: ['default'],
  source: 'domain.md S33; kvm_mmu_zap_all_fast()',
  assumption: null,
  driver: 's33.c',
  setup: 's33_setup',
  threads: [
    { name: 'mm', entry: 's33_mm', args: [] },
    { name: 'vmm', entry: 's33_vmm', args: [] },
  ],
  invariants: [
    'unmap-covers-invalid-roots',
    'unmap-before-free',
    'root-refcount-sound',
    'flush-before-unlock',
    'pt-page-rcu-freed',
  ],
  words: ['kvm_mmu_zap_all_fast', 'kvm_tdp_mmu_invalidate_roots', 'KVM_X86_QUIRK_SLOT_ZAP_ALL'],
  faults: 0,
  mutations: [
    { title: 'The unmap visits valid roots only', breaks: ['unmap-covers-invalid-roots', 'unmap-before-free'] },
    { title: 'The reference is dropped before the root is zapped', breaks: ['root-refcount-sound', 'memory-safety'] },
  ],
};
