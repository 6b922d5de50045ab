/** A workbench with a VM in which gfn 0 can be mapped, or is. */

import { expect } from 'vitest';
import { setSeptState } from '../../../model/machine/sept';
import type { VmType } from '../../../model/machine/types';
import { type Root, Workbench } from './workbench';

/** A VM with a tree, and gfn 0 with the attribute of its kind. */
export function vm(type: VmType): { b: Workbench; root: Root; leaves: Root; page: number } {
  const b = new Workbench(type);
  if (type !== 'default') b.attribute(0, true);
  b.broken.length = 0;
  const tree = b.tree(type === 'tdx');
  return { b, ...tree, page: b.page(type === 'default' ? 'user' : 'gmem') };
}

/** The same with gfn 0 mapped by the rules. */
export function mapped(type: VmType) {
  const all = vm(type);
  all.b.fault(all.leaves, 0, all.page);
  expect(all.b.broken).toEqual([]);
  return all;
}

/** Takes a gfn out of the leaves by the rules, in an invalidation that goes on. */
export const zap = (b: Workbench, leaves: Root, gfn = 0) => {
  b.lock('mmu_lock');
  b.begin(gfn, gfn + 1);
  b.spte(leaves, gfn, 0n);
  if (leaves.mirror) setSeptState(b.m, gfn, 1, 'FREE', 0);
};
