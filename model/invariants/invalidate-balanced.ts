/** Each invalidation that begins ends, and names its range. */

import { heldLocks } from '../machine/locks';
import type { Machine } from '../machine/machine';
import { VM_TYPES } from '../machine/types';
import { ghost, setGhost } from './ghost';
import { isLock, kvmNumber } from './observe';
import type { Invariant } from './types';

function counted(m: Machine, thread: number, value: number, old: number): void {
  m.host.witness('invalidate-balanced');
  if (value < 0) m.violate('invalidate-balanced', 'an invalidation ends that has not begun');
  const open = ghost(m, 'openInvalidations', thread);
  setGhost(m, 'openInvalidations', value > old ? open + 1 : Math.max(0, open - 1), thread);
}

/** INVALID_GPA, all ones: neither end of the window was set. */
const hasNoRange = (m: Machine): boolean =>
  ['mmu_invalidate_range_start', 'mmu_invalidate_range_end'].some((end) => (kvmNumber(m, end) ?? 0) >= 2 ** 63);

/** The window may be empty only while the lock is held. */
function checkRange(m: Machine): void {
  if ((kvmNumber(m, 'mmu_invalidate_in_progress') ?? 0) <= 0) return;
  if (hasNoRange(m)) {
    m.violate('invalidate-balanced', 'mmu_lock is dropped with an invalidation open that has no range');
  }
}

/** A thread that holds nothing any more is past the end of its operation. */
function checkClosed(m: Machine, thread: number): void {
  if (ghost(m, 'openInvalidations', thread) === 0 || heldLocks(m, thread).length > 0) return;
  const isNotifier = (kvmNumber(m, 'mn_active_invalidate_count') ?? 0) > 0;
  if (isNotifier) return;
  setGhost(m, 'openInvalidations', 0, thread);
  m.violate('invalidate-balanced', 'an operation is over, and the invalidation that it began is still open');
}

export const invariant: Invariant = {
  id: 'invalidate-balanced',
  title: 'Each invalidation that begins ends, and names its range',
  statement:
    'mmu_invalidate_in_progress never drops below zero, has a range whenever mmu_lock is free and it is not zero, and is zero again when the operation that raised it has given its locks back.',
  why: 'An invalidation that never ends makes every fault retry for ever; one that ends twice hides a running one.',
  source:
    'virt/kvm/kvm_main.c, kvm_mmu_invalidate_start() and kvm_mmu_invalidate_end(); virt/kvm/guest_memfd.c, kvm_gmem_punch_hole()',
  example: 'Return early between start and end.',
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'word' && event.write && event.name === 'mmu_invalidate_in_progress') {
      counted(
        m,
        event.thread,
        Number(BigInt.asIntN(64, BigInt(event.value))),
        Number(BigInt.asIntN(64, BigInt(event.old))),
      );
    } else if (event.type === 'unlock') {
      if (isLock(m, event, 'mmu_lock') && event.mode === 'write') checkRange(m);
      // A conversion holds slots_lock, a hole punch the invalidate lock, across start and end.
      if (event.mode === 'write' && !isLock(m, event, 'mmu_lock')) checkClosed(m, event.thread);
    }
  },
};
