/** Memslots don't change under an mmu_notifier. */

import { VM_TYPES } from '../machine/types';
import { ghost, setGhost } from './ghost';
import { kvmNumber } from './observe';
import { activePointer } from './slots';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'mn-vs-memslot-serialised',
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
    const active = activePointer(m);
    const before = ghost(m, 'activeSlots');
    if (active === 0 || active === before) return;
    setGhost(m, 'activeSlots', active);
    if (before === 0) return;
    m.host.witness('mn-vs-memslot-serialised');
    if ((kvmNumber(m, 'mn_active_invalidate_count') ?? 0) === 0) return;
    m.violate('mn-vs-memslot-serialised', 'the memslots are replaced in the middle of an mmu_notifier invalidation');
  },
};
