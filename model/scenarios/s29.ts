/** S29: devices and APICv make KVM zap. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S29',
  name: 'memory-type-and-apic-zaps',
  title: 'Devices and APICv make KVM zap',
  description:
    'A device without coherent DMA comes and goes, and something inhibits APICv (never on a TD, whose producers of inhibits are all refused). Ordinary VMs are zapped; private memory of a TD is not touched.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S09 and S29; kvm_noncoherent_dma_assignment_start_or_stop(), __kvm_set_or_clear_apicv_inhibit()',
  assumption: null,
  driver: 's29.c',
  setup: 's29_setup',
  threads: [
    { name: 'vcpu0', entry: 's29_vcpu', args: [] },
    { name: 'host', entry: 's29_host', args: [] },
  ],
  invariants: [
    'zap-covers-address-spaces',
    'no-zap-gfn-range-on-td',
    'accepted-data-preserved',
    'td-zap-only-requested',
  ],
  words: [
    'kvm_noncoherent_dma_assignment_start_or_stop',
    'kvm_set_or_clear_apicv_inhibit',
    'KVM_X86_QUIRK_IGNORE_GUEST_PAT',
    'kvm_zap_gfn_range',
  ],
  faults: 0,
  mutations: [
    {
      title: 'The quirk IGNORE_GUEST_PAT stays enabled for TDs',
      breaks: ['no-zap-gfn-range-on-td', 'accepted-data-preserved'],
    },
  ],
};
