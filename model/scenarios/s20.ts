/** S20: the VMM exits while its file lives on. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S20',
  name: 'mm-exit',
  title: 'The VMM exits while its file lives on',
  description:
    "The process that runs the VM exits: the notifier's release call zaps everything that its memory backs. Another process still holds the guest_memfd and punches a hole into it. Private memory is left to the punch.",
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S20; kvm_mmu_notifier_release(), kvm_mmu_zap_all()',
  assumption: null,
  driver: 's20.c',
  setup: 's20_setup',
  threads: [
    { name: 'mm', entry: 's20_mm', args: [] },
    { name: 'other', entry: 's20_other', args: [] },
  ],
  invariants: ['unmap-before-free'],
  words: ['kvm_mmu_notifier_release', 'kvm_mmu_zap_all', 'kvm_tdp_mmu_zap_all', 'kvm_arch_flush_shadow_all'],
  faults: 0,
  mutations: [{ title: 'All roots are zapped', breaks: ['notifier-shared-only', 'td-zap-only-requested'] }],
};
