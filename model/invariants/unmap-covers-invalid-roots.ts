/** An unmap reaches invalid roots too. */

import { roots } from '../machine/kvm-view';
import { gfnText, isInvalidating, isLock, leaves } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'unmap-covers-invalid-roots',
  title: 'An unmap reaches invalid roots too',
  statement: 'When an unmap returns, no invalid root maps a page of its range.',
  why: 'A vCPU may still run on the invalid root, and its pages are about to be freed.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_unmap_gfn_range(); commits 441a5dfcd968, 50107e8b2a8a',
  example: 'Iterate valid roots only in the unmap path.',
  vm: ['default'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'unlock' || !isLock(m, event, 'mmu_lock') || event.mode !== 'write') return;
    // With attributes or two trees the window is wider than what was unmapped.
    if (m.vm !== 'default' || !roots(m).some(({ valid }) => !valid)) return;
    const left = leaves(m).find(({ valid, gfn }) => !valid && isInvalidating(m, gfn));
    m.host.witness('unmap-covers-invalid-roots');
    if (left)
      m.violate('unmap-covers-invalid-roots', `${gfnText(left.gfn)} is unmapped, but an invalid root still maps it`);
  },
};
