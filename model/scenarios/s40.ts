/** S40: a zap yields mmu_lock. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S40',
  name: 'unmap-yields',
  title: 'An unmap of two pages yields in between',
  description:
    'The kernel takes two pages of the VMM away while a vCPU uses one of them, and between the two leaves another CPU wants mmu_lock. What is zapped so far is flushed before the lock is dropped, and the walk goes on where it was.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md 2.3 and S06; tdp_mmu_zap_leafs(), tdp_mmu_iter_cond_resched(), tdp_iter_next()',
  assumption: null,
  driver: 's40.c',
  setup: 's40_setup',
  threads: [
    { name: 'vcpu0', entry: 's40_vcpu', args: [] },
    { name: 'mm', entry: 's40_mm', args: [] },
  ],
  invariants: ['unmap-before-free', 'flush-before-unlock', 'no-install-while-invalidating', 'invalidate-balanced'],
  words: ['tdp_mmu_iter_cond_resched', 'yielded', 'rwlock_needbreak', 'may_block'],
  faults: 1,
  mutations: [
    { title: 'The walk does not start again after a yield', breaks: ['unmap-before-free'] },
    { title: 'The lock is dropped with a flush pending', breaks: ['flush-before-unlock'] },
  ],
};
