/** A huge page is of one kind. */

import type { Machine } from '../machine/machine';
import { coverage } from '../machine/sept';
import { attributeIsPrivate } from '../machine/xarray';
import { frames, gfnText, heldByAnyone, isInvalidating, leaves, mappedPfn, type SpteEvent } from './observe';
import type { Invariant } from './types';

const ID = 'huge-leaf-uniform';

function checkInstall(m: Machine, event: SpteEvent): void {
  const pfn = event.level > 1 ? mappedPfn(m, event.value, event.level) : undefined;
  if (pfn === undefined) return;
  m.host.witness(ID);
  const gfns = frames(m, event.gfn, pfn, event.level).map(({ gfn }) => gfn);
  const where = `the huge page at ${gfnText(event.gfn)} (level ${event.level})`;
  const other = gfns.find((gfn) => attributeIsPrivate(m, gfn) !== attributeIsPrivate(m, event.gfn));
  if (other !== undefined) {
    m.violate(ID, `${where} covers private and shared memory: ${gfnText(other)} is of the other kind`);
    return;
  }
  // Attributes change under slots_lock, one by one, inside an invalidation.
  const changing = heldByAnyone(m, 'slots_lock') ? gfns.find((gfn) => isInvalidating(m, gfn)) : undefined;
  if (changing !== undefined) m.violate(ID, `${where} is mapped while the kind of ${gfnText(changing)} changes`);
}

function checkConversion(m: Machine, gfn: number): void {
  const leaf = leaves(m).find((entry) => entry.level > 1 && entry.gfn === gfn);
  if (!leaf) return;
  const size = coverage(m, leaf.level);
  const first = gfn - (gfn % size);
  m.violate(ID, `${gfnText(gfn)} is converted while the huge page at ${gfnText(first)} still covers it`);
}

export const invariant: Invariant = {
  id: ID,
  title: 'A huge page is of one kind',
  statement:
    'A leaf above level 1 covers gfns of one kind only, private or shared, and is not installed over a gfn whose kind is being changed; no gfn is converted under one.',
  why: 'The neighbours of the gfn that faulted would be mapped as the kind that they are not.',
  source:
    'arch/x86/kvm/mmu/mmu.c, kvm_arch_pre_set_memory_attributes() and kvm_arch_post_set_memory_attributes(); commit 9129633d568e',
  example: 'Forget to set the mixed flag of a huge page, or to add its range to the invalidation.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'spte') checkInstall(m, event);
    else if (event.type === 'attribute-store' && event.wasPrivate !== event.isPrivate) checkConversion(m, event.gfn);
  },
};
