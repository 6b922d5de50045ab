/** A removal that fails ends the VM. */

import { isBusy } from '../machine/tdx-status';
import { FLAG, flag, setFlag } from './ghost';
import { callName, isBugged, isLock, REMOVALS } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'exclusive-failure-is-fatal',
  title: 'A removal that fails ends the VM',
  statement: 'If BLOCK, TRACK or REMOVE fails otherwise than with BUSY, the VM is bugged before mmu_lock is dropped.',
  why: 'The page still belongs to the TD: KVM would free it all the same.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, handle_changed_spte(); arch/x86/kvm/vmx/tdx.c, TDX_BUG_ON()',
  example: 'Ignore the return value of set_external_spte().',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'seamcall' && REMOVALS.has(callName(event))) {
      m.host.witness('exclusive-failure-is-fatal');
      if (event.status !== 0n && !isBusy(event.status)) setFlag(m, event.thread, FLAG.removalFailed, true);
    } else if (event.type === 'unlock' && isLock(m, event, 'mmu_lock') && flag(m, event.thread, FLAG.removalFailed)) {
      setFlag(m, event.thread, FLAG.removalFailed, false);
      if (isBugged(m)) return;
      m.violate('exclusive-failure-is-fatal', 'a removal from the S-EPT failed, and the VM goes on');
    }
  },
};
