/** S71: the VMM exits during a fast zap. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S71',
  name: 'exit-during-fast-zap',
  title: 'The VMM exits during a fast zap',
  description:
    'All roots have been made invalid and are being zapped with mmu_lock for read, when the VMM’s mm exits. Its memory is freed after the notifier’s release call, so that call zaps what invalid roots still map, too.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S20 and S33; kvm_tdp_mmu_zap_all(), kvm_tdp_mmu_zap_invalidated_roots()',
  assumption: null,
  driver: 's71.c',
  setup: 's71_setup',
  threads: [
    { name: 'vmm', entry: 's71_zap', args: [] },
    { name: 'mm', entry: 's71_mm', args: [] },
  ],
  invariants: ['unmap-before-free'],
  words: ['kvm_tdp_mmu_zap_all', 'kvm_mmu_zap_all', 'kvm_arch_flush_shadow_all', 'KVM_INVALID_ROOTS'],
  faults: 0,
  mutations: [{ title: 'The exit of the mm spares invalid roots', breaks: ['unmap-before-free'] }],
};
