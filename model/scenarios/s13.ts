/** S13: the OOM reaper takes shared memory. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S13',
  name: 'non-blocking-notifier',
  title: 'The OOM reaper takes shared memory',
  description:
    'The kernel takes a shared page of the VMM away and must not sleep while it does, a vCPU uses the page and faults it in again, and user space creates another memslot, which waits for the notifier.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'seed 003; domain.md S13; kvm_mmu_notifier_invalidate_range_start()',
  assumption: null,
  driver: 's13.c',
  setup: 's13_setup',
  threads: [
    { name: 'vcpu0', entry: 's13_vcpu', args: [] },
    { name: 'mm', entry: 's13_mm', args: [] },
    { name: 'vmm', entry: 's13_vmm', args: [] },
  ],
  invariants: [
    'notifier-shared-only',
    'mn-vs-memslot-serialised',
    'invalidate-balanced',
    'unmap-before-free',
    'flush-before-unlock',
    'seq-recheck-under-lock',
    'leaf-pfn-stable',
  ],
  words: ['mmu_notifier', 'mn_active_invalidate_count', 'may_block', 'kvm_handle_hva_range'],
  faults: 0,
  mutations: [
    { title: "The notifier's range has both filters", breaks: ['notifier-shared-only'] },
    { title: 'Memslots are swapped without waiting for notifiers', breaks: ['mn-vs-memslot-serialised'] },
  ],
};
