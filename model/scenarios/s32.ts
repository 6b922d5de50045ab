/** S32: a VM dies in the middle. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S32',
  name: 'removal-refused',
  title: 'A VM dies in the middle',
  description:
    'User space punches a hole, and the TDX module refuses to give the page up. KVM gives the VM up before anybody else can see the entry, and the vCPU that faults on the same gfn stops trying.',
  vm: ['tdx'],
  source: 'domain.md S32; tdx_sept_remove_leaf_spte(), TDX_BUG_ON(), tdx_handle_ept_violation()',
  assumption: null,
  driver: 's32.c',
  setup: 's32_setup',
  threads: [
    { name: 'vcpu0', entry: 's32_vcpu', args: [] },
    { name: 'vmm', entry: 's32_vmm', args: [] },
  ],
  invariants: ['exclusive-failure-is-fatal', 'vm-dead-terminates', 'fault-progress'],
  words: ['KVM_BUG_ON', 'TDX_BUG_ON', 'KVM_REQ_VM_DEAD', 'vm_dead', 'vm_bugged'],
  faults: 1,
  mutations: [
    { title: 'A failed removal is not fatal', breaks: ['exclusive-failure-is-fatal'] },
    { title: 'The local retry does not look whether the VM is dead', breaks: ['livelock'] },
  ],
};
