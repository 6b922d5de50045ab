/** Nothing is mapped inside an open invalidation, and nothing is unmapped outside of one. */

import type { Machine } from '../machine/machine';
import { VM_TYPES } from '../machine/types';
import { FLAG, flag, setFlag } from './ghost';
import {
  gfnText,
  holds,
  installedFrames,
  isFrozen,
  isInvalidating,
  isLive,
  mappedPfn,
  type SpteEvent,
} from './observe';
import type { Invariant } from './types';

const ID = 'no-install-while-invalidating';

/**
 * What a write takes away that faults could map again: memslots that go are kept from them by SRCU, and what
 * lies below a table that is removed (its entries are frozen first) goes for the table's sake, not its own.
 */
function isUnmapped(m: Machine, event: SpteEvent): boolean {
  if (mappedPfn(m, event.old, event.level) === undefined || mappedPfn(m, event.value, event.level) !== undefined) {
    return false;
  }
  if (holds(m, event.thread, 'mmu_lock') !== 'write' || holds(m, event.thread, 'slots_lock') !== undefined)
    return false;
  if (isFrozen(m, event.value)) return false;
  // Nobody runs vCPUs any more.
  return isLive(m) && !flag(m, event.thread, FLAG.exits);
}

export const invariant: Invariant = {
  id: ID,
  title: 'Nothing is mapped inside an open invalidation',
  statement:
    'While an invalidation is open no leaf is installed for a gfn of its range; and with mmu_lock held for write a leaf is taken away only inside one, unless its memslot goes or the VMM exits.',
  why: 'Whoever invalidates frees or converts the page next: the new mapping, or one that a fault was about to install, would be left behind.',
  source:
    'arch/x86/kvm/mmu/mmu.c, is_page_fault_stale() and kvm_unmap_gfn_range(); include/linux/kvm_host.h, mmu_invalidate_retry_gfn(); commit 6d3085e4d89a',
  example: 'Call kvm_mmu_invalidate_range_add() with a narrower range than is unmapped.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if ((event.type === 'call' || event.type === 'return') && event.name === 'kvm_mmu_notifier_release') {
      setFlag(m, event.thread, FLAG.exits, event.type === 'call');
    }
    if (event.type === 'word' && event.name === 'mmu_invalidate_in_progress' && event.write) {
      if (Number(event.value) > 0) m.host.witness(ID);
    }
    if (event.type !== 'spte') return;
    if (isUnmapped(m, event) && !isInvalidating(m, event.gfn)) {
      m.violate(ID, `${gfnText(event.gfn)} is unmapped, and no invalidation keeps faults from mapping it again`);
      return;
    }
    const open = installedFrames(m, event).find(({ gfn }) => isInvalidating(m, gfn));
    // Building a VM maps under the lock that keeps private invalidations out.
    if (open === undefined || holds(m, event.thread, 'slots_lock') !== undefined) return;
    m.violate(ID, `${gfnText(open.gfn)} is mapped while it is being invalidated`);
  },
};
