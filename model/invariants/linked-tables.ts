/** Which page tables were part of a tree, for the rules on how they are given back. */

import { FIRST_PFN } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { hasPage } from '../machine/pages';
import { isLeaf, isPresent, sptePfn } from '../machine/spte';
import type { MachineEvent } from '../machine/types';
import { ghost, setGhost } from './ghost';
import { isFrozen } from './observe';

/** Was the page, since it became a page table, linked into a tree? */
export function wasLinked(m: Machine, pfn: number): boolean {
  if (!hasPage(pfn)) return false;
  const index = pfn - FIRST_PFN;
  return ((ghost(m, 'linked', index >>> 5) >>> (index & 31)) & 1) !== 0;
}

function mark(m: Machine, pfn: number, on: boolean): void {
  if (!hasPage(pfn)) return;
  const index = pfn - FIRST_PFN;
  const word = ghost(m, 'linked', index >>> 5);
  const bit = 1 << (index & 31);
  setGhost(m, 'linked', on ? word | bit : word & ~bit, index >>> 5);
}

/** Every rule that asks `wasLinked` shows it each event; twice does no harm. */
export function noteTables(m: Machine, event: MachineEvent): void {
  if (event.type === 'page-owner' && event.owner === 'page-table') mark(m, event.pfn, false);
  if (event.type !== 'spte' || isFrozen(m, event.value)) return;
  if (isPresent(event.value) && !isLeaf(event.value, event.level)) mark(m, sptePfn(event.value), true);
}

/** Is this a page table, linked once, being given back? */
export function isTableFreed(
  m: Machine,
  event: MachineEvent,
): event is Extract<MachineEvent, { readonly type: 'page-owner' }> {
  return event.type === 'page-owner' && event.old === 'page-table' && wasLinked(m, event.pfn);
}
