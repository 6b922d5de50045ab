/** Each private mapping has a memslot bound to its file. */

import type { Machine } from '../machine/machine';
import { septLeaves } from '../machine/sept';
import { gfnText, isLive, isLock, isPrivateMapping, leaves } from './observe';
import { activeSlots, slotOf } from './slots';
import type { Invariant } from './types';

/** gfns that some table maps as private memory. */
function privateGfns(m: Machine): number[] {
  const mapped = leaves(m).filter((leaf) => isPrivateMapping(m, leaf.root === 'mirror', leaf.pfn));
  const pages = m.vm === 'tdx' ? septLeaves(m) : [];
  return [...mapped, ...pages].map(({ gfn }) => gfn);
}

export const invariant: Invariant = {
  id: 'mapping-has-binding',
  title: 'Each private mapping has a memslot bound to its file',
  statement:
    'Outside of a memslot operation every private leaf and every page in the S-EPT lies in a memslot that is bound to a guest_memfd file.',
  why: 'A hole punch finds the gfns of a page through the binding: without it the page is freed while it is mapped.',
  source: 'seed 000; virt/kvm/guest_memfd.c, kvm_gmem_unbind() and kvm_gmem_punch_hole()',
  example: 'Call kvm_gmem_unbind() before the memslot is flushed.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type !== 'unlock' || !isLock(m, event, 'slots_lock') || !isLive(m)) return;
    const slots = activeSlots(m);
    if (slots === undefined) return;
    const gfns = privateGfns(m);
    if (slots.some(({ gmem }) => gmem)) m.host.witness('mapping-has-binding');
    const lost = gfns.find((gfn) => (slotOf(slots, gfn)?.file ?? 0) === 0);
    if (lost === undefined) return;
    m.violate(
      'mapping-has-binding',
      `${gfnText(lost)} is mapped as private memory, and no binding leads a hole punch to it`,
    );
  },
};
