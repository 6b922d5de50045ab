/** S11: two removals press the TLB epochs. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S11',
  name: 'track-epochs',
  title: 'Two removals press the TLB epochs',
  description:
    'Two private pages of a TD are removed by two threads while a vCPU runs in an old epoch. Each TRACK must be followed by its kick before the next.',
  vm: ['tdx'],
  source: 'domain.md S11; tdx_track()',
  assumption: null,
  driver: 's11.c',
  setup: 's11_setup',
  threads: [
    { name: 'vcpu0', entry: 's11_vcpu', args: [] },
    { name: 'convert', entry: 's11_convert', args: [] },
    { name: 'punch', entry: 's11_punch', args: [] },
  ],
  invariants: ['track-then-kick-atomic', 'private-remove-exclusive', 'block-track-remove-order'],
  words: ['tdx_track', 'TDH.MEM.TRACK', 'TDX_PREVIOUS_TLB_EPOCH_BUSY'],
  faults: 0,
  mutations: [{ title: 'The kick does not wait', breaks: ['track-then-kick-atomic', 'block-track-remove-order'] }],
};
