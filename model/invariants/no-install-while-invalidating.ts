/** Nothing is mapped inside an open invalidation. */

import { VM_TYPES } from '../machine/types';
import { gfnText, holds, installedFrames, isInvalidating } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'no-install-while-invalidating',
  title: 'Nothing is mapped inside an open invalidation',
  statement: 'While an invalidation is open no leaf is installed for a gfn of its range.',
  why: 'Whoever invalidates frees or converts the page next: the new mapping would be left behind.',
  source: 'arch/x86/kvm/mmu/mmu.c, is_page_fault_stale(); include/linux/kvm_host.h, mmu_invalidate_retry_gfn()',
  example: 'Call kvm_mmu_invalidate_range_add() with a narrower range than is unmapped.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'word' && event.name === 'mmu_invalidate_in_progress' && event.write) {
      if (Number(event.value) > 0) m.host.witness('no-install-while-invalidating');
    }
    if (event.type !== 'spte') return;
    const open = installedFrames(m, event).find(({ gfn }) => isInvalidating(m, gfn));
    // Building a VM maps under the lock that keeps private invalidations out.
    if (open === undefined || holds(m, event.thread, 'slots_lock') !== undefined) return;
    m.violate('no-install-while-invalidating', `${gfnText(open.gfn)} is mapped while it is being invalidated`);
  },
};
