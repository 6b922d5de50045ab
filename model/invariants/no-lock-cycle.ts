/** Locks are taken in the order that is laid down for them. */

import { heldLocks } from '../machine/locks';
import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

/**
 * The order, outermost first, as far as two of them are ever held together. Locks in one place of it are
 * never held together, and locks that are not in it have no order here.
 */
const ORDER: readonly (readonly string[])[] = [
  ['lock'],
  ['mutex'],
  ['slots_lock'],
  ['mmap_lock'],
  ['invalidate_lock'],
  ['mmu_lock'],
  ['tdp_mmu_pages_lock'],
];

/** The place of a lock in the order, by the last part of its name; -1 for one that has none. */
function rankOf(name: string): number {
  const last = name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('>')) + 1);
  return ORDER.findIndex((names) => names.includes(last));
}

export const invariant: Invariant = {
  id: 'no-lock-cycle',
  title: 'Locks are taken in the order that is laid down for them',
  statement:
    'kvm->lock, vcpu->mutex, slots_lock, mmap_lock, the invalidate lock of a guest_memfd, mmu_lock, tdp_mmu_pages_lock: none of them is taken by a thread that holds one further down. User pages are never faulted in under an invalidate lock.',
  why: 'Two threads that take two locks in opposite orders wait for each other for ever.',
  source: 'Documentation/virt/kvm/locking.rst; commit 2a62345b3052 (GUP outside of the invalidate lock)',
  example: 'Call get_user_pages_fast() inside the locked region of kvm_gmem_populate().',
  vm: [...VM_TYPES],
  kind: 'liveness',
  onEvent(m, event) {
    if (event.type !== 'lock') return;
    const rank = rankOf(event.name);
    if (rank < 0) return;
    for (const held of heldLocks(m, event.thread)) {
      if (held.lock === event.lock) continue;
      const outer = rankOf(m.nameOfLock(held.lock));
      if (outer < 0) continue;
      m.host.witness('no-lock-cycle');
      if (outer <= rank) continue;
      m.violate('no-lock-cycle', `${event.name} is taken under ${m.nameOfLock(held.lock)}, which comes after it`);
    }
  },
};
