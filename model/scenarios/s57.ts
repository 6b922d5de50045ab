/** S57: a VM is killed during a prefault. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S57',
  name: 'killed-during-prefault',
  title: 'A VM is killed during a prefault',
  description:
    'A TD’s guest touches memory that it has not accepted, for which KVM declares the VM dead, while user space prefaults another page on another vCPU. The prefault ends with -EIO, installs nothing more, and nothing is wrong with KVM.',
  vm: ['tdx'],
  source: 'domain.md S32; kvm_vm_dead(), kvm_vcpu_pre_fault_memory(), kvm_tdp_map_page()',
  assumption: null,
  driver: 's57.c',
  setup: 's57_setup',
  threads: [
    { name: 'vcpu0', entry: 's57_vcpu', args: [] },
    { name: 'prefault', entry: 's57_prefault', args: [] },
  ],
  invariants: ['vm-dead-terminates'],
  words: ['kvm_vm_dead', 'KVM_REQ_VM_DEAD', 'kvm_vcpu_pre_fault_memory', 'KVM_PRE_FAULT_MEMORY'],
  faults: 0,
  mutations: [{ title: 'The prefault does not ask whether the VM is dead', breaks: ['vm-dead-terminates'] }],
};
