/** S66: the log of dirty pages has every page that the guest writes. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S66',
  name: 'dirty-log',
  title: 'Dirty pages are logged while the guest writes',
  description:
    'User space turns dirty logging on, gets the log once while the guest writes a page, which it has cached as writable, and once more when the guest has stopped, as for a migration. The page was write-protected and is made writable again without a lock.',
  vm: ['default', 'sw-protected'],
  source:
    'domain.md section 2.10; kvm_get_dirty_log_protect(), kvm_arch_mmu_enable_log_dirty_pt_masked(), fast_pf_fix_direct_spte()',
  assumption: null,
  driver: 's66.c',
  setup: 's66_setup',
  threads: [
    { name: 'vcpu0', entry: 's66_vcpu', args: [] },
    { name: 'vmm', entry: 's66_vmm', args: [] },
  ],
  invariants: ['dirty-log-complete'],
  words: [
    'KVM_MEM_LOG_DIRTY_PAGES',
    'mark_page_dirty_in_slot',
    'kvm_get_dirty_log_protect',
    'kvm_tdp_mmu_clear_dirty_pt_masked',
    'fast_page_fault',
  ],
  faults: 0,
  mutations: [
    { title: 'TLBs are not flushed when logging starts', breaks: ['dirty-log-complete'] },
    { title: 'A page that is made writable again is not logged', breaks: ['dirty-log-complete'] },
    { title: 'It is logged before it is made writable', breaks: ['dirty-log-complete'] },
  ],
};
