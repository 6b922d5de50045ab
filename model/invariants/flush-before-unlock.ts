/** A zapped translation is flushed before mmu_lock is dropped. */

import { walkRoot } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import type { TlbEntry } from '../machine/tlb';
import { VM_TYPES } from '../machine/types';
import { gfnText, heldByAnyone, heldByOthers, inFrames, isLock, rootOfPfn, usableTranslations } from './observe';
import type { Invariant } from './types';

function check(m: Machine, vcpu: number | undefined, when: string): void {
  const stale = usableTranslations(m, vcpu).find((entry) => !entry.isPrivate && isStale(m, entry));
  if (!stale) return;
  m.violate(
    'flush-before-unlock',
    `${when} vCPU ${stale.vcpu} can use a translation of ${gfnText(stale.gfn)} that is zapped`,
  );
}

/** Is the translation's page no longer in the table that it came from? Roots that are being torn down flush by reload. */
function isStale(m: Machine, entry: TlbEntry): boolean {
  const root = rootOfPfn(m, entry.root);
  if (!root?.valid) return false;
  return !inFrames(m, walkRoot(m, root)).some(({ gfn, pfn }) => gfn === entry.gfn && pfn === entry.pfn);
}

export const invariant: Invariant = {
  id: 'flush-before-unlock',
  title: 'A zapped translation is flushed before mmu_lock is dropped',
  statement:
    'When the last holder of mmu_lock drops it (or gives it away for a moment), no vCPU in the guest can use a translation of the direct tables that they no longer contain; nor does one enter with such a translation while nobody holds the lock.',
  why: 'The page may be freed as soon as the lock is dropped, and a stale translation still reaches it.',
  source:
    'arch/x86/kvm/mmu/tdp_mmu.c, tdp_mmu_zap_leafs() and tdp_mmu_iter_cond_resched(); fixes 048f49809c52, a835429cda91, 315f02c60d94',
  example: 'Move kvm_flush_remote_tlbs() behind the unlock, or forget a pending flush before a yield.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'unlock' && isLock(m, event, 'mmu_lock')) {
      // another reader may be about to flush what it has zapped
      if (!heldByAnyone(m, 'mmu_lock')) check(m, undefined, 'mmu_lock is dropped while');
    } else if (event.type === 'yield') {
      if (!heldByOthers(m, event.thread, 'mmu_lock')) check(m, undefined, 'mmu_lock is given away while');
    } else if (event.type === 'enter' && !heldByAnyone(m, 'mmu_lock')) {
      check(m, event.vcpu, 'a flush is missing:');
    } else if (event.type === 'tlb-flush') {
      m.host.witness('flush-before-unlock');
    }
  },
};
