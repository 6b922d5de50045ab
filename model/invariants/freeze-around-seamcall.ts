/** Who changes the S-EPT owns the entry. */

import { ghost, setGhost } from './ghost';
import { callName, gfnText, holds, INSTALLS, isFrozen, REMOVALS } from './observe';
import type { Invariant } from './types';

const entryId = (gfn: number, level: number): number => (level << 16) | (gfn + 1);

export const invariant: Invariant = {
  id: 'freeze-around-seamcall',
  title: 'Who changes the S-EPT owns the entry',
  statement:
    'A SEAMCALL that changes an entry is issued by a thread that holds mmu_lock for write, or that holds it for read and has frozen exactly this entry of the mirror.',
  why: 'Two CPUs would update mirror and S-EPT in different orders, and the two would differ for ever.',
  source: 'seed 003; arch/x86/kvm/mmu/tdp_mmu.c, tdp_mmu_set_spte_atomic()',
  example: 'Write the final value of the mirror entry before the SEAMCALL, or issue the SEAMCALL after read_unlock().',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'spte' && event.mirror) {
      const mine = ghost(m, 'frozenEntry', event.thread) === entryId(event.gfn, event.level);
      if (isFrozen(m, event.value)) setGhost(m, 'frozenEntry', entryId(event.gfn, event.level), event.thread);
      else if (mine) setGhost(m, 'frozenEntry', 0, event.thread);
    } else if (event.type === 'seamcall') {
      const name = callName(event);
      if (name === 'MEM.TRACK' || !(INSTALLS.has(name) || REMOVALS.has(name))) return;
      const mode = holds(m, event.thread, 'mmu_lock');
      if (mode === 'read') m.host.witness('freeze-around-seamcall');
      if (mode === 'write') return;
      if (mode === 'read' && ghost(m, 'frozenEntry', event.thread) === entryId(event.gfn, event.level)) return;
      const why =
        mode === undefined ? 'without mmu_lock' : 'with mmu_lock for read and the entry not frozen by this thread';
      m.violate(
        'freeze-around-seamcall',
        `${event.name} for ${gfnText(event.gfn)} (level ${event.level}) is issued ${why}`,
      );
    }
  },
};
