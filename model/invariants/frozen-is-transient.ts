/** A frozen entry is thawed by who froze it. */

import { walkAll } from '../machine/kvm-view';
import { THREADS } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { VM_TYPES } from '../machine/types';
import { ghost } from './ghost';
import { gfnText, heldByAnyone, holds, isFrozen, isLock } from './observe';
import type { Invariant } from './types';

/** Does another thread than this one have the entry frozen? freeze-around-seamcall keeps who froze what. */
function freezerOf(m: Machine, gfn: number, level: number, thread: number): boolean {
  const id = (level << 16) | (gfn + 1);
  for (let t = 0; t < THREADS; t++) if (t !== thread && ghost(m, 'frozenEntry', t) === id) return true;
  return false;
}

export const invariant: Invariant = {
  id: 'frozen-is-transient',
  title: 'A frozen entry is thawed by who froze it',
  statement: 'When nobody holds mmu_lock no entry is frozen, and only the thread that froze an entry writes it.',
  why: 'Every fault that meets the entry retries for ever.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, tdp_mmu_set_spte_atomic() and __tdp_mmu_set_spte_atomic()',
  example: 'Return on -EBUSY without writing the old value back.',
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'unlock' && isLock(m, event, 'mmu_lock') && !heldByAnyone(m, 'mmu_lock')) {
      const left = walkAll(m).find(({ frozen }) => frozen);
      if (left)
        m.violate('frozen-is-transient', `${gfnText(left.gfn)} (level ${left.level}, ${left.root} tree) stays frozen`);
    } else if (event.type === 'spte') {
      // Who changes an entry with mmu_lock for read may have to freeze it.
      if (holds(m, event.thread, 'mmu_lock') === 'read') m.host.witness('frozen-is-transient');
      // Two threads may freeze the entries of a table that one of them has taken out of the tree.
      if (!isFrozen(m, event.old) || isFrozen(m, event.value) || !event.mirror) return;
      const other = freezerOf(m, event.gfn, event.level, event.thread);
      if (other)
        m.violate('frozen-is-transient', `${gfnText(event.gfn)} is written while another thread has it frozen`);
    }
  },
};
