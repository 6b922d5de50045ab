/** S56: a TD is made final beside a hole punch. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S56',
  name: 'finalize-beside-punch',
  title: 'A TD is made final beside a hole punch',
  description:
    'User space makes a TD final while another of its threads punches a hole into the initial image. The removal of the page begins in a TD that is not final, which needs no tracking, and ends in one that is.',
  vm: ['tdx'],
  source: 'domain.md 1.7.3; tdx_track(), tdx_sept_remove_leaf_spte(), tdx_td_finalize()',
  assumption: null,
  driver: 's56.c',
  setup: 's56_setup',
  threads: [
    { name: 'vmm', entry: 's56_vmm', args: [] },
    { name: 'punch', entry: 's56_punch', args: [] },
  ],
  invariants: ['block-track-remove-order', 'unmap-before-free', 'mirror-sept-in-sync'],
  words: ['tdx_td_finalize', 'TDH.MR.FINALIZE', 'tdx_track', 'KVM_TDX_FINALIZE_VM'],
  faults: 0,
  mutations: [{ title: 'A page is removed without the block', breaks: ['seamcall-refused'] }],
};
