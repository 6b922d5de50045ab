/** S02: a memslot is deleted, its memory freed and reused. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S02',
  name: 'slot-delete-punch-reuse',
  title: 'A memslot is deleted, its memory freed and reused',
  description:
    'User space deletes a memslot that the guest uses, then punches a hole into the file (or, without guest_memfd, gives the memory back), and another process gets the page. Nothing may map the page any more by then.',
  vm: ['default', 'sw-protected', 'sev', 'snp', 'tdx'],
  source: 'seed 000; domain.md S02; kvm_arch_flush_shadow_memslot()',
  assumption: null,
  driver: 's02.c',
  setup: 's02_setup',
  threads: [
    { name: 'vcpu0', entry: 's02_vcpu', args: [] },
    { name: 'vmm', entry: 's02_vmm', args: [] },
  ],
  invariants: [
    'slot-delete-leaves-nothing',
    'unmap-before-free',
    'mapping-has-binding',
    'td-zap-only-requested',
    'fast-zap-spares-mirror',
    'filter-selects-right-roots',
    'private-remove-exclusive',
    'block-track-remove-order',
    'flush-before-unlock',
    'snp-assign-before-map',
    'snp-unassign-before-free',
    'snp-unmap-before-rmpchange',
  ],
  words: [
    'attr_filter',
    'KVM_X86_QUIRK_SLOT_ZAP_ALL',
    'memslot',
    'kvm_arch_flush_shadow_memslot',
    'kvm_mmu_zap_all_fast',
  ],
  faults: 0,
  mutations: [
    {
      title: 'The flush is kvm_mmu_zap_all_fast() for every VM type',
      breaks: ['slot-delete-leaves-nothing', 'mapping-has-binding', 'unmap-before-free'],
    },
    {
      title: 'The filter says SHARED only',
      breaks: ['slot-delete-leaves-nothing', 'mapping-has-binding', 'unmap-before-free'],
    },
    {
      title: 'The filter is left out',
      breaks: [
        'slot-delete-leaves-nothing',
        'mapping-has-binding',
        'unmap-before-free',
        'filter-selects-right-roots',
        'kernel-warning',
      ],
    },
  ],
};
