/** BUSY is answered where it occurs. */

import type { Machine } from '../machine/machine';
import { isBusy } from '../machine/tdx-status';
import { FLAG, flag, ghost, setFlag, setGhost } from './ghost';
import { callName, gfnText, holds, INSTALLS, isBugged, isLock, REMOVALS, type SeamcallEvent } from './observe';
import type { Invariant } from './types';

const ID = 'busy-handled-in-place';

function install(m: Machine, event: SeamcallEvent): void {
  if (flag(m, event.thread, FLAG.installBusy)) {
    m.violate(ID, `${event.name} for ${gfnText(event.gfn)} is tried again under the same mmu_lock after BUSY`);
  }
  if (!isBusy(event.status)) return;
  m.host.witness(ID);
  setFlag(m, event.thread, FLAG.installBusy, true);
}

/** The cell counts the tries that met BUSY. */
function remove(m: Machine, event: SeamcallEvent): void {
  const tries = ghost(m, 'busy', event.thread);
  if (tries >= 2) m.violate(ID, `${event.name} for ${gfnText(event.gfn)} is tried a third time`);
  setGhost(m, 'busy', isBusy(event.status) ? tries + 1 : 0, event.thread);
  if (isBusy(event.status)) m.host.witness(ID);
}

export const invariant: Invariant = {
  id: 'busy-handled-in-place',
  title: 'BUSY is answered where it occurs',
  statement:
    'After BUSY an installation gives up for this section of mmu_lock; a removal is tried exactly once more, without dropping mmu_lock in between.',
  why: 'Waiting for others under mmu_lock deadlocks or never ends; dropping it lets them change what is half removed; and an mmu_notifier may not sleep.',
  source: 'seed 003; arch/x86/kvm/vmx/tdx.c, tdh_do_no_vcpus(); commit 4b2abc49712b',
  example: 'Loop with cond_resched_rwlock_write() while the module says BUSY.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'seamcall') {
      const name = callName(event);
      if (INSTALLS.has(name) && holds(m, event.thread, 'mmu_lock') === 'read') install(m, event);
      else if (REMOVALS.has(name)) remove(m, event);
    } else if (event.type === 'unlock' && isLock(m, event, 'mmu_lock')) {
      setFlag(m, event.thread, FLAG.installBusy, false);
      if (ghost(m, 'busy', event.thread) === 0) return;
      setGhost(m, 'busy', 0, event.thread);
      if (!isBugged(m))
        m.violate('busy-handled-in-place', 'mmu_lock is dropped with a removal half done that met BUSY');
    }
  },
};
