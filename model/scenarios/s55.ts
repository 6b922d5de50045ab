/** S55: a fast zap comes into the local retry of a TD's private fault. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S55',
  name: 'fast-zap-during-local-retry',
  title: 'A fast zap comes into the local retry of a TD’s private fault',
  description:
    'The nx_huge_pages parameter is toggled while a TD’s vCPU handles a private fault, and no interrupt or signal comes. The fault finds the direct root obsolete, which it does not use, and tries again without loading another.',
  vm: ['tdx'],
  source: 'domain.md S21, open question; tdx_handle_ept_violation(), is_page_fault_stale()',
  assumption: null,
  driver: 's55.c',
  setup: 's55_setup',
  threads: [
    { name: 'vcpu0', entry: 's55_vcpu', args: [] },
    { name: 'vmm', entry: 's55_vmm', args: [] },
  ],
  invariants: ['fast-zap-spares-mirror', 'fault-progress'],
  words: ['tdx_handle_ept_violation', 'kvm_vcpu_has_events', 'kvm_mmu_zap_all_fast', 'RET_PF_RETRY'],
  faults: 0,
  mutations: [{ title: 'A memslot that is being deleted does not end the retry', breaks: ['livelock'] }],
};
