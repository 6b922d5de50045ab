/** S68: a notifier that must not block. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S68',
  name: 'oom-reaper',
  title: 'The OOM reaper takes the VMM’s memory away',
  description:
    'The kernel takes two pages of the VMM away from where nothing may sleep, while another CPU wants mmu_lock. KVM unmaps them all the same, and does not let go of the lock in between.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S13 and section 2.3; include/linux/mmu_notifier.h, mmu_notifier_range_blockable()',
  assumption: null,
  driver: 's68.c',
  setup: 's68_setup',
  threads: [{ name: 'reaper', entry: 's68_reaper', args: [] }],
  invariants: ['unmap-before-free', 'flush-before-unlock', 'invalidate-balanced'],
  words: ['may_block', 'mmu_notifier_range_blockable', 'tdp_mmu_iter_cond_resched', 'rwlock_needbreak'],
  faults: 1,
  mutations: [{ title: 'An unmap yields whether it may block or not', breaks: ['lock-rule'] }],
};
