/** S34: the order inside the end of an invalidation. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S34',
  name: 'end-without-lock',
  title: 'A reader without mmu_lock asks whether an invalidation came by',
  description:
    'The kernel takes a page of the VMM away, while a reader that does not take mmu_lock looks the page up and then asks, as the pfn cache does with its own pair of words, whether an invalidation is open or has ended since. It must not take the page for valid when it is gone.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S34; kvm_mmu_invalidate_end(); virt/kvm/pfncache.c, mmu_notifier_retry_cache()',
  assumption: 'somebody relies on the order inside kvm_mmu_invalidate_end() without mmu_lock',
  driver: 's34.c',
  setup: 's34_setup',
  threads: [
    { name: 'reader', entry: 's34_reader', args: [] },
    { name: 'mm', entry: 's34_mm', args: [] },
  ],
  invariants: ['end-bumps-seq-first', 'invalidate-balanced'],
  words: ['kvm_mmu_invalidate_end', 'smp_wmb', 'mmu_invalidate_seq', 'mmu_invalidate_in_progress', 'pfncache'],
  faults: 0,
  mutations: [
    {
      title: 'The invalidation is over before the sequence says so',
      breaks: ['end-bumps-seq-first', 'memory-safety'],
    },
  ],
};
