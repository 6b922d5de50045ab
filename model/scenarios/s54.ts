/** S54: the creation of a vCPU fails late. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S54',
  name: 'vcpu-creation-fails',
  title: 'The creation of a vCPU fails late',
  description:
    'While a TD is built user space creates vCPUs. One of them gets no descriptor, when it was loaded on a CPU already: KVM lets go of all of it. Then the next one is created, and the TD destroyed.',
  vm: ['tdx'],
  source: 'commit 1e3a825c9ec9; arch/x86/kvm/vmx/tdx.c, tdx_vcpu_load() and tdx_vcpu_free()',
  assumption: null,
  driver: 's54.c',
  setup: 's54_setup',
  threads: [{ name: 'vmm', entry: 's54_vmm', args: [] }],
  invariants: ['hkid-release-order'],
  words: ['tdx_vcpu_free', 'tdx_vcpu_load', 'tdx_vcpu_create', 'associated_tdvcpus', 'cpu_list', 'tdx_flush_vp'],
  faults: 1,
  mutations: [{ title: 'A vCPU is freed while a CPU has it on its list', breaks: ['memory-safety'] }],
};
