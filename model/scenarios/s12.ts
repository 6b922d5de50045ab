/** S12: a private page is removed while TLBs still know it. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S12',
  name: 'stale-private-tlb',
  title: 'A private page is removed while TLBs still know it',
  description:
    'A vCPU has a private page in its TLB when the page is removed from the TD and reused by the host. BLOCK, TRACK and the kick must come before the removal.',
  vm: ['tdx'],
  source: 'domain.md S12; tdx_sept_remove_leaf_spte()',
  assumption: null,
  driver: 's12.c',
  setup: 's12_setup',
  threads: [
    { name: 'vcpu0', entry: 's12_vcpu', args: [] },
    { name: 'vmm', entry: 's12_vmm', args: [] },
  ],
  invariants: [
    'block-track-remove-order',
    'exclusive-failure-is-fatal',
    'unmap-before-free',
    'track-then-kick-atomic',
    'private-remove-exclusive',
  ],
  words: ['tdx_track', 'TDX_TLB_TRACKING_NOT_DONE', 'tdx_sept_remove_leaf_spte'],
  faults: 0,
  mutations: [
    { title: 'tdx_track() is dropped', breaks: ['block-track-remove-order', 'kernel-bug'] },
    { title: 'The kick is dropped', breaks: ['block-track-remove-order'] },
    { title: 'No TRACK, and the error is ignored', breaks: ['exclusive-failure-is-fatal', 'unmap-before-free'] },
  ],
};
