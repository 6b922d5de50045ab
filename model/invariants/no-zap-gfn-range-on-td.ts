/** kvm_zap_gfn_range() never runs for a TD. */

import { roots } from '../machine/kvm-view';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'no-zap-gfn-range-on-td',
  title: 'kvm_zap_gfn_range() never runs for a TD',
  statement: 'kvm_zap_gfn_range() is never called for a VM with a mirror root.',
  why: "It removes private memory for the sake of memory types or of the APIC page: the guest's data is lost.",
  source: 'seed 004; arch/x86/kvm/mmu/mmu.c, kvm_zap_gfn_range() and its callers',
  example: 'A new caller without a check of the VM type, or the quirk IGNORE_GUEST_PAT enabled for TDX.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'call' || event.name !== 'kvm_zap_gfn_range') return;
    m.violate('no-zap-gfn-range-on-td', 'kvm_zap_gfn_range() is called for a TD');
  },
  sometimes(m) {
    return roots(m).some(({ kind }) => kind === 'mirror');
  },
};
