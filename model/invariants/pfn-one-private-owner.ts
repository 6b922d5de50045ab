/** A private page belongs to one gfn. */

import { readField } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import { registered } from '../machine/registry';
import { gfnText, installedPfn, isLock, isPrivateMapping, leaves, pfnText, type SpteEvent } from './observe';
import { activeSlots } from './slots';
import type { Invariant } from './types';

const ID = 'pfn-one-private-owner';

function checkInstall(m: Machine, event: SpteEvent): void {
  const pfn = installedPfn(m, event);
  if (pfn === undefined || !isPrivateMapping(m, event.mirror, pfn)) return;
  m.host.witness(ID);
  const other = leaves(m).find(
    (leaf) => leaf.pfn === pfn && leaf.gfn !== event.gfn && isPrivateMapping(m, leaf.root === 'mirror', pfn),
  );
  if (other) m.violate(ID, `${pfnText(pfn)} is private at ${gfnText(event.gfn)} and at ${gfnText(other.gfn)}`);
}

/** The bits of a gfn that say "shared" and name no other memory; 0 for VMs that have none. */
const sharedBits = (m: Machine): bigint =>
  BigInt.asUintN(64, BigInt(readField(m, 'struct kvm', registered(m, 'kvm'), 'arch.gfn_direct_bits') ?? 0));

function checkSlots(m: Machine): void {
  const bits = sharedBits(m);
  if (bits === 0n) return;
  const alias = activeSlots(m)?.find(({ base, pages }) => (BigInt(base + pages - 1) & bits) !== 0n);
  if (alias) m.violate(ID, `the memslot at ${gfnText(alias.base)} gives gfns a second name, by the shared bit`);
}

export const invariant: Invariant = {
  id: ID,
  title: 'A private page belongs to one gfn',
  statement:
    'A page is a private leaf of at most one gfn of at most one VM, and no memslot of a TD lies where gfns have the shared bit.',
  why: 'The module or the RMP knows one owner per page: the second mapping fails and the VM is bugged, or two guest addresses alias.',
  source: 'TDX module, PAMT; virt/kvm/guest_memfd.c, binding of a slot (-EEXIST on overlap)',
  example: 'Drop the check for overlapping bindings in kvm_gmem_commit_memory_region().',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'spte') checkInstall(m, event);
    else if (event.type === 'unlock' && isLock(m, event, 'slots_lock')) checkSlots(m);
  },
};
