/** S38: a TD touches memory before it accepts it. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S38',
  name: 'access-before-accept',
  title: 'A TD touches memory before it accepts it',
  description:
    'The guest of a TD reads a private page that KVM has mapped and the guest has not accepted. Mapping it again cannot help: KVM gives the VM up instead of faulting for ever.',
  vm: ['tdx'],
  source: 'domain.md 2.1, step 1t, and 4, fix 44; tdx_handle_ept_violation()',
  assumption: null,
  driver: 's38.c',
  setup: 's38_setup',
  threads: [{ name: 'vcpu0', entry: 's38_vcpu', args: [] }],
  invariants: ['fault-progress', 'vm-dead-terminates'],
  words: ['tdx_is_sept_violation_unexpected_pending', 'kvm_vm_dead', 'PENDING'],
  faults: 0,
  mutations: [{ title: 'Faults on pending pages are handled like others', breaks: ['livelock'] }],
};
