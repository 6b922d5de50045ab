/** S10: a removal meets a busy TDX module. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S10',
  name: 'busy-while-zapping',
  title: 'A removal meets a busy TDX module',
  description:
    'User space converts a pending page of a TD to shared while one vCPU accepts it and another enters under zero-step mitigation. The SEAMCALLs of the removal meet BUSY; kick, keep vCPUs out, and retry once must succeed.',
  vm: ['tdx'],
  source: 'seed 003; domain.md S10; tdh_do_no_vcpus()',
  assumption: null,
  driver: 's10.c',
  setup: 's10_setup',
  threads: [
    { name: 'vcpu0', entry: 's10_vcpu0', args: [] },
    { name: 'vcpu1', entry: 's10_vcpu1', args: [] },
    { name: 'vmm', entry: 's10_vmm', args: [] },
  ],
  invariants: [
    'busy-handled-in-place',
    'no-entry-during-zap-retry',
    'exclusive-failure-is-fatal',
    'private-remove-exclusive',
    'block-track-remove-order',
    'unmap-before-convert',
  ],
  words: ['TDX_OPERAND_BUSY', 'wait_for_sept_zap', 'tdh_do_no_vcpus', 'seamcall_needbreak', 'zero-step'],
  faults: 0,
  mutations: [
    { title: 'The flag that keeps vCPUs out is not set', breaks: ['no-entry-during-zap-retry'] },
    { title: 'The flag is cleared before the retry', breaks: ['no-entry-during-zap-retry'] },
    { title: 'mmu_lock is dropped to wait', breaks: ['busy-handled-in-place'] },
    { title: 'The flag is never cleared', breaks: ['livelock'] },
  ],
};
