/** S39: a TD is made final beside a prefault. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S39',
  name: 'finalize-beside-prefault',
  title: 'A TD is made final beside a prefault',
  description:
    'User space makes a TD final and runs it while another vCPU asks to prefault a page that is not part of the initial image. The prefault is refused before the TD is final, and augments the TD afterwards.',
  vm: ['tdx'],
  source: 'domain.md S18, threads F, P and V; tdx_td_finalize(), kvm_arch_vcpu_pre_fault_memory()',
  assumption: null,
  driver: 's39.c',
  setup: 's39_setup',
  threads: [
    { name: 'vmm', entry: 's39_vmm', args: [] },
    { name: 'prefault', entry: 's39_prefault', args: [] },
  ],
  invariants: ['add-before-final-aug-after', 'mirror-sept-in-sync', 'td-root-immutable'],
  words: ['KVM_TDX_FINALIZE_VM', 'pre_fault_allowed', 'TD_STATE_RUNNABLE'],
  faults: 0,
  mutations: [{ title: 'Prefaults are allowed before the TD is final', breaks: ['add-before-final-aug-after'] }],
};
