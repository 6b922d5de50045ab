/** A leaf never changes its page. */

import { VM_TYPES } from '../machine/types';
import { gfnText, mappedPfn, pfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'leaf-pfn-stable',
  title: 'A leaf never changes its page',
  statement: 'A present leaf is never overwritten by a present leaf of another page.',
  why: 'The host calls BUG().',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, __handle_changed_spte(); commit aad885e77496',
  example: 'Write a new mapping over a present one without a zap.',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'spte') return;
    const old = mappedPfn(m, event.old, event.level);
    const now = mappedPfn(m, event.value, event.level);
    if (now !== undefined) m.host.witness('leaf-pfn-stable');
    if (old === undefined || now === undefined || old === now) return;
    m.violate('leaf-pfn-stable', `${gfnText(event.gfn)} goes from ${pfnText(old)} to ${pfnText(now)} in one step`);
  },
};
