/** An mmu_notifier never touches private memory. */

import { FLAG, flag, setFlag } from './ghost';
import { gfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'notifier-shared-only',
  title: 'An mmu_notifier never touches private memory',
  statement:
    'While an mmu_notifier callback runs, its thread writes no entry of the mirror tree and issues no SEAMCALL.',
  why: 'Private memory would go because of unrelated activity of the mm, and firmware calls would run in atomic context.',
  source:
    'virt/kvm/kvm_main.c, kvm_handle_hva_range(); arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_zap_all(); commit df4af9f89cd8',
  example: 'Set both filter bits in kvm_handle_hva_range().',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if ((event.type === 'call' || event.type === 'return') && event.name.startsWith('kvm_mmu_notifier_')) {
      setFlag(m, event.thread, FLAG.notifier, event.type === 'call');
      m.host.witness('notifier-shared-only');
    } else if (event.type === 'spte' && event.mirror && flag(m, event.thread, FLAG.notifier)) {
      m.violate('notifier-shared-only', `an mmu_notifier changes private ${gfnText(event.gfn)}`);
    } else if (event.type === 'seamcall' && flag(m, event.thread, FLAG.notifier)) {
      m.violate('notifier-shared-only', `an mmu_notifier issues ${event.name}`);
    }
  },
};
