/** The end of an invalidation bumps the sequence first. */

import { VM_TYPES } from '../machine/types';
import { FLAG, flag, setFlag } from './ghost';
import { isLock } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'end-bumps-seq-first',
  title: 'The end of an invalidation bumps the sequence first',
  statement:
    'mmu_invalidate_in_progress is lowered only after mmu_invalidate_seq was raised in the same section of mmu_lock.',
  why: 'In between a fault sees neither the open invalidation nor the new sequence, and maps a page that is gone.',
  source: 'virt/kvm/kvm_main.c, kvm_mmu_invalidate_end()',
  example: 'Swap the two statements.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'lock' && isLock(m, event, 'mmu_lock')) setFlag(m, event.thread, FLAG.seqBumped, false);
    else if (event.type === 'unlock' && isLock(m, event, 'mmu_lock')) setFlag(m, event.thread, FLAG.seqBumped, false);
    else if (event.type === 'word' && event.write && event.name === 'mmu_invalidate_seq') {
      setFlag(m, event.thread, FLAG.seqBumped, true);
    } else if (event.type === 'word' && event.write && event.name === 'mmu_invalidate_in_progress') {
      if (BigInt.asIntN(64, BigInt(event.value)) >= BigInt.asIntN(64, BigInt(event.old))) return;
      m.host.witness('end-bumps-seq-first');
      if (flag(m, event.thread, FLAG.seqBumped)) return;
      m.violate('end-bumps-seq-first', 'an invalidation ends before mmu_invalidate_seq says so');
    }
  },
};
