/** S28: the lockless fast path of a fault against a zap. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S28',
  name: 'fast-fault-zap',
  title: 'A page is made writable without a lock while it is taken away',
  description:
    'Dirty logging has write-protected a page. A vCPU writes it, which the fast path repairs without mmu_lock, while the kernel takes the page away from the VMM and gives it to another process.',
  vm: ['default', 'sw-protected'],
  source: 'domain.md S28; fast_page_fault(), fast_pf_fix_direct_spte()',
  assumption: null,
  driver: 's28.c',
  setup: 's28_setup',
  threads: [
    { name: 'vcpu0', entry: 's28_vcpu', args: [] },
    { name: 'mm', entry: 's28_mm', args: [] },
  ],
  invariants: ['unmap-before-free', 'flush-before-unlock', 'no-install-while-invalidating'],
  words: ['fast_page_fault', 'KVM_MEM_LOG_DIRTY_PAGES', 'try_cmpxchg64', 'RET_PF_FIXED'],
  faults: 0,
  mutations: [{ title: 'The fast path stores the entry without comparing it', breaks: ['unmap-before-free'] }],
};
