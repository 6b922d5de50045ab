/** S43: a conversion over two memslots. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S43',
  name: 'conversion-of-two-slots',
  title: 'A conversion goes over two memslots',
  description:
    'User space converts a range that two memslots share. Only the first is mapped, by a leaf that a vCPU has in its TLB: the flush that it needs is not forgotten over the second.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md 2.5; kvm_handle_gfn_range(), kvm_vm_set_mem_attributes()',
  assumption: null,
  driver: 's43.c',
  setup: 's43_setup',
  threads: [
    { name: 'vcpu0', entry: 's43_vcpu', args: [] },
    { name: 'vmm', entry: 's43_vmm', args: [] },
  ],
  invariants: ['unmap-before-convert', 'attr-match-at-install', 'invalidate-balanced'],
  words: ['kvm_handle_gfn_range', 'flush_on_ret', 'kvm_vm_set_mem_attributes'],
  faults: 0,
  mutations: [{ title: 'Only the last memslot decides about the flush', breaks: ['unmap-before-convert'] }],
};
