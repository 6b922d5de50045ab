/** S69: pages are aged, and taken away. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S69',
  name: 'ageing',
  title: 'Pages are aged while they are taken away',
  description:
    'Reclaim asks whether a page was used and clears its accessed bit, without mmu_lock where the kernel can, while another thread takes this page and one that is old already. Clearing the bit flushes no TLB: a page that looks old may be cached, and one that is gone stays gone.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'kvm_age_hva_range(), __kvm_tdp_mmu_age_gfn_range(); spte.h on leaf_spte_change_needs_tlb_flush()',
  assumption: null,
  driver: 's69.c',
  setup: 's69_setup',
  threads: [
    { name: 'vcpu0', entry: 's69_vcpu', args: [] },
    { name: 'reclaim', entry: 's69_reclaim', args: [] },
    { name: 'mm', entry: 's69_mm', args: [] },
  ],
  invariants: ['unmap-before-free', 'flush-before-unlock'],
  words: [
    'kvm_mmu_notifier_clear_flush_young',
    'kvm_mmu_notifier_test_young',
    'kvm_age_gfn',
    'kvm_test_age_gfn',
    'kvm_tdp_mmu_age_gfn_range',
    'kvm_tdp_mmu_test_age_gfn',
    'is_accessed_spte',
    'shadow_accessed_mask',
  ],
  faults: 0,
  mutations: [
    { title: 'An entry that was not accessed is zapped without a flush', breaks: ['unmap-before-free'] },
    { title: 'Ageing writes its entry whatever stands there now', breaks: ['unmap-before-free'] },
  ],
};
