/** Private memory is removed under the write lock. */

import { callName, gfnText, holds, REMOVALS } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'private-remove-exclusive',
  title: 'Private memory is removed under the write lock',
  statement:
    'TDH.MEM.RANGE.BLOCK, TDH.MEM.TRACK and TDH.MEM.PAGE.REMOVE are issued, and S-EPT pages are taken back, only while the thread holds mmu_lock for write.',
  why: 'Concurrent removals collide in the module: a TRACK meets the epoch of the other, a BLOCK the entry lock of an install.',
  source:
    'arch/x86/kvm/vmx/tdx.c, tdx_sept_remove_leaf_spte() and tdx_sept_free_private_spt(); commits 2ff14116982c, 35be969d1ef2',
  example: 'Take mmu_lock for read on a path that zaps private memory.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    const removal = event.type === 'seamcall' && REMOVALS.has(callName(event));
    const freesTable = event.type === 'call' && event.name === 'tdx_sept_free_private_spt';
    if (!removal && !freesTable) return;
    m.host.witness('private-remove-exclusive');
    const mode = holds(m, event.thread, 'mmu_lock');
    if (mode === 'write') return;
    const how = mode === undefined ? 'without mmu_lock' : 'with mmu_lock for read only';
    const what = removal ? `${event.name} for ${gfnText(event.gfn)} is issued` : 'an S-EPT page is taken back';
    m.violate('private-remove-exclusive', `${what} ${how}`);
  },
};
