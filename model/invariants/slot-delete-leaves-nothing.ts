/** A deleted memslot leaves no mapping behind. */

import type { Machine } from '../machine/machine';
import { septLeaves } from '../machine/sept';
import { VM_TYPES } from '../machine/types';
import { gfnText, isLive, isLock, leaves, tableName } from './observe';
import { activeSlots, slotOf } from './slots';
import type { Invariant } from './types';

function check(m: Machine): void {
  const slots = activeSlots(m);
  if (slots === undefined) return;
  const smm = activeSlots(m, 1) ?? [];
  const leaf = leaves(m).find(({ gfn, asId }) => slotOf(asId === 0 ? slots : smm, gfn) === undefined);
  const page = m.vm === 'tdx' ? septLeaves(m).find(({ gfn }) => slotOf(slots, gfn) === undefined) : undefined;
  if (!leaf && !page) return;
  const where = [leaf && `${tableName(leaf)} table`, page && `S-EPT (${page.state})`];
  const gfn = gfnText((leaf ?? page)?.gfn ?? 0);
  const text = where.filter((part) => part !== undefined).join(' and the ');
  m.violate('slot-delete-leaves-nothing', `no memslot covers ${gfn} any more, and the ${text} still maps it`);
}

export const invariant: Invariant = {
  id: 'slot-delete-leaves-nothing',
  title: 'A deleted memslot leaves no mapping behind',
  statement:
    'Once a memslot operation is over, every leaf of every root (valid, invalid, mirror) lies in an active memslot of its address space, and every page in the S-EPT in one.',
  why: 'Nothing can find the mapping any more: when the page is freed later, the guest keeps it.',
  source: 'seed 000; arch/x86/kvm/mmu/mmu.c, kvm_arch_flush_shadow_memslot()',
  example: 'Leave attr_filter out of the range that is unmapped, or let it say SHARED only.',
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'request-destroy' && event.why === 'slot delete') m.host.witness('slot-delete-leaves-nothing');
    if (event.type === 'unlock' && isLock(m, event, 'slots_lock') && isLive(m)) check(m);
  },
};
