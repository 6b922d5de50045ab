/** A fault compares its kind after its snapshot. */

import type { Machine } from '../machine/machine';
import { coverage } from '../machine/sept';
import { FLAG, flag, ghost, setFlag, setGhost } from './ghost';
import { gfnText, holds, installedPfn, isLock } from './observe';
import type { Invariant } from './types';

/** The attempt is over: the next one takes its own snapshot. */
function forget(m: Machine, thread: number): void {
  setFlag(m, thread, FLAG.snapshot, false);
  setGhost(m, 'compared', 0, thread);
}

export const invariant: Invariant = {
  id: 'attr-read-after-seq',
  title: 'A fault compares its kind after its snapshot',
  statement:
    'A fault that installs a mapping has read the attribute of its gfn after it first read mmu_invalidate_seq.',
  why: 'A conversion that runs between comparison and snapshot goes unnoticed: the stale mapping is permanent.',
  source: 'seed 001; arch/x86/kvm/mmu/mmu.c, kvm_mmu_faultin_pfn()',
  example: 'Move the comparison above the assignment of fault->mmu_seq.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    switch (event.type) {
      case 'word':
        if (event.name === 'mmu_invalidate_seq' && !event.write) setFlag(m, event.thread, FLAG.snapshot, true);
        break;
      case 'attribute-read':
        if (flag(m, event.thread, FLAG.snapshot)) setGhost(m, 'compared', event.gfn + 1, event.thread);
        break;
      case 'unlock':
        if (isLock(m, event, 'mmu_lock')) forget(m, event.thread);
        break;
      case 'enter':
        forget(m, event.thread);
        break;
      case 'spte': {
        const { thread, gfn } = event;
        const compared = ghost(m, 'compared', thread) - 1;
        // Pages of a VM that is being built come in under slots_lock, which keeps conversions out.
        if (installedPfn(m, event) === undefined || holds(m, thread, 'slots_lock') !== undefined) break;
        m.host.witness('attr-read-after-seq');
        if (compared >= gfn && compared < gfn + coverage(m, event.level)) break;
        const text = 'is mapped by a fault that did not compare its kind with the attribute after its snapshot';
        m.violate('attr-read-after-seq', `${gfnText(gfn)} ${text} of mmu_invalidate_seq`);
        break;
      }
    }
  },
};
