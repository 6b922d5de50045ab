/** S44: two invalidations, one over and one under way. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S44',
  name: 'two-invalidations',
  title: 'One invalidation is over and another is under way',
  description:
    'The kernel takes one page of the VMM away, begins to take another, and takes the first again before it is done. Faults are handled meanwhile: they may map neither what was taken before nor what is being taken.',
  vm: ['default'],
  source: 'domain.md 1.11; mmu_invalidate_retry_gfn(), kvm_mmu_invalidate_start(), kvm_mmu_invalidate_end()',
  assumption: null,
  driver: 's44.c',
  setup: 's44_setup',
  threads: [
    { name: 'vcpu0', entry: 's44_vcpu', args: [] },
    { name: 'first', entry: 's44_first', args: [] },
    { name: 'second', entry: 's44_second', args: [] },
  ],
  invariants: ['unmap-before-free', 'no-install-while-invalidating', 'seq-recheck-under-lock', 'invalidate-balanced'],
  words: ['mmu_invalidate_retry_gfn', 'mmu_invalidate_seq', 'mmu_invalidate_in_progress', 'mmu_invalidate_range_start'],
  faults: 0,
  mutations: [
    { title: 'The sequence is not looked at while an invalidation is under way', breaks: ['unmap-before-free'] },
    { title: 'An invalidation forgets the range of the one that is under way', breaks: ['unmap-before-free'] },
  ],
};
