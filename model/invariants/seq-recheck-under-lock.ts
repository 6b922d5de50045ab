/** A fault looks again under mmu_lock before it maps. */

import { rootAbove } from '../machine/kvm-view';
import { VM_TYPES } from '../machine/types';
import { FLAG, flag, setFlag } from './ghost';
import { gfnText, holds, installedPfn, isLock } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'seq-recheck-under-lock',
  title: 'A fault looks again under mmu_lock before it maps',
  statement:
    'A fault installs a mapping only while it holds mmu_lock, has read mmu_invalidate_seq since it took the lock, and in a root that is still valid.',
  why: 'Without the second look a page may be mapped that was freed or converted in the meantime, or in a root that was zapped already and that nobody zaps again.',
  source:
    'seeds 001 and 002; arch/x86/kvm/mmu/mmu.c, is_page_fault_stale(), is_obsolete_sp(); fixes 47b0c2e4c220, 6d3085e4d89a, 2abd5287f083',
  example: 'Drop mmu_lock between is_page_fault_stale() and kvm_tdp_mmu_map(), or drop the call.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'lock' && isLock(m, event, 'mmu_lock')) setFlag(m, event.thread, FLAG.recheck, false);
    else if (event.type === 'unlock' && isLock(m, event, 'mmu_lock')) setFlag(m, event.thread, FLAG.recheck, false);
    else if (event.type === 'word' && event.name === 'mmu_invalidate_seq' && !event.write) {
      if (holds(m, event.thread, 'mmu_lock') !== undefined) setFlag(m, event.thread, FLAG.recheck, true);
    } else if (event.type === 'spte' && installedPfn(m, event) !== undefined) {
      const { thread, gfn } = event;
      const locked = holds(m, thread, 'mmu_lock') !== undefined;
      // Building a VM maps under slots_lock and the file's invalidate lock, without a snapshot.
      if (locked && holds(m, thread, 'slots_lock') !== undefined) return;
      m.host.witness('seq-recheck-under-lock');
      if (locked && rootAbove(m, event.table)?.valid === false)
        m.violate('seq-recheck-under-lock', `${gfnText(gfn)} is mapped in a root that is invalid`);
      if (locked && flag(m, thread, FLAG.recheck)) return;
      const how = locked ? 'without another look at mmu_invalidate_seq under mmu_lock' : 'without mmu_lock';
      m.violate('seq-recheck-under-lock', `${gfnText(gfn)} is mapped ${how}`);
    }
  },
};
