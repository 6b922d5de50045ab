/** Memslots don't change under an mmu_notifier. */

import type { Machine } from '../machine/machine';
import { VM_TYPES } from '../machine/types';
import { ghost, setGhost } from './ghost';
import { kvmNumber } from './observe';
import { activePointer, addressSpaces } from './slots';
import type { Invariant } from './types';

const ID = 'mn-vs-memslot-serialised';

/** Have other memslots become active since this was last asked? */
function isReplaced(m: Machine, asId: number): boolean {
  const active = activePointer(m, asId);
  const before = ghost(m, 'activeSlots', asId);
  if (active === 0 || active === before) return false;
  setGhost(m, 'activeSlots', active, asId);
  return before !== 0;
}

export const invariant: Invariant = {
  id: ID,
  title: "Memslots don't change under an mmu_notifier",
  statement:
    'The active memslots are replaced only while no mmu_notifier invalidation is between its start and its end.',
  why: 'Start and end would see different memslots: the invalidation counter never gets back to zero.',
  source: 'virt/kvm/kvm_main.c, kvm_swap_active_memslots()',
  example: 'Drop the wait for mn_active_invalidate_count.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    // The first event after the swap: at the latest its own unlock, and until then nobody else may begin.
    if (event.type !== 'lock' && event.type !== 'unlock') return;
    const replaced = addressSpaces(m).filter((asId) => isReplaced(m, asId));
    if (replaced.length === 0) return;
    m.host.witness(ID);
    if ((kvmNumber(m, 'mn_active_invalidate_count') ?? 0) === 0) return;
    m.violate(ID, 'the memslots are replaced in the middle of an mmu_notifier invalidation');
  },
};
