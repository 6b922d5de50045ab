/** An installation that fails leaves no trace. */

import { FLAG, flag, ghost, setFlag, setGhost } from './ghost';
import { callName, gfnText, holds, INSTALLS, isFrozen, isLock } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'shared-failure-rolls-back',
  title: 'An installation that fails leaves no trace',
  statement:
    'If a SEAMCALL that installs fails under the read lock, the next value of the frozen entry is the one it had before.',
  why: "The mirror would claim a mapping that the TD doesn't have: the guest faults on it for ever.",
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, tdp_mmu_set_spte_atomic() and tdp_mmu_link_sp()',
  example: 'Write the new value whatever the SEAMCALL said.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'seamcall') {
      if (!INSTALLS.has(callName(event)) || holds(m, event.thread, 'mmu_lock') !== 'read') return;
      // One that is tried again, and succeeds, has not failed.
      setFlag(m, event.thread, FLAG.rollBack, event.status !== 0n);
      if (event.status !== 0n) m.host.witness('shared-failure-rolls-back');
    } else if (event.type === 'spte' && event.mirror) {
      if (isFrozen(m, event.value)) {
        setGhost(m, 'frozenOldLow', Number(event.old & 0xffffffffn), event.thread);
        setGhost(m, 'frozenOldHigh', Number(event.old >> 32n), event.thread);
        return;
      }
      if (!isFrozen(m, event.old)) return;
      const { thread } = event;
      const old = (BigInt(ghost(m, 'frozenOldHigh', thread)) << 32n) | BigInt(ghost(m, 'frozenOldLow', thread));
      const failed = flag(m, thread, FLAG.rollBack);
      setFlag(m, thread, FLAG.rollBack, false);
      setGhost(m, 'frozenOldLow', 0, thread);
      setGhost(m, 'frozenOldHigh', 0, thread);
      if (!failed || event.value === old) return;
      m.violate('shared-failure-rolls-back', `${gfnText(event.gfn)} is written as if the SEAMCALL had not failed`);
    } else if (event.type === 'unlock' && isLock(m, event, 'mmu_lock')) {
      setFlag(m, event.thread, FLAG.rollBack, false);
    }
  },
};
