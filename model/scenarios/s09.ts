/** S09: kvm_zap_gfn_range() reaches a TD. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S09',
  name: 'zap-range-on-td',
  title: 'kvm_zap_gfn_range() reaches a TD',
  description:
    'Some part of KVM zaps a range of a TD, as it does for ordinary VMs when memory types change. The guest then reads private memory that it has accepted and written.',
  vm: ['tdx'],
  source: 'seed 004; domain.md S09; kvm_zap_gfn_range()',
  assumption: 'a caller reaches kvm_zap_gfn_range() on a TD',
  driver: 's09.c',
  setup: 's09_setup',
  threads: [
    { name: 'vcpu0', entry: 's09_vcpu', args: [] },
    { name: 'caller', entry: 's09_caller', args: [] },
  ],
  invariants: ['no-zap-gfn-range-on-td', 'td-zap-only-requested', 'accepted-data-preserved'],
  words: ['kvm_zap_gfn_range', 'kvm_gfn_shared_mask', 'non-coherent DMA', 'MTRR', 'CR0.CD'],
  faults: 0,
  mutations: [
    {
      title: 'KVM_BUG_ON() before the zap: the VM dies and never sees the loss',
      breaks: ['no-zap-gfn-range-on-td', 'td-zap-only-requested', 'kernel-bug'],
    },
  ],
};
