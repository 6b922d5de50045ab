/** A private page belongs to one gfn. */

import { gfnText, installedPfn, leaves, pfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'pfn-one-private-owner',
  title: 'A private page belongs to one gfn',
  statement: 'A page is a private leaf of at most one gfn of at most one VM.',
  why: 'The module or the RMP knows one owner per page: the second mapping fails and the VM is bugged, or two guest addresses alias.',
  source: 'TDX module, PAMT; virt/kvm/guest_memfd.c, binding of a slot (-EEXIST on overlap)',
  example: 'Drop the check for overlapping bindings in kvm_gmem_commit_memory_region().',
  vm: ['snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type !== 'spte' || !event.mirror) return;
    const pfn = installedPfn(m, event);
    if (pfn === undefined) return;
    m.host.witness('pfn-one-private-owner');
    const other = leaves(m).find((leaf) => leaf.root === 'mirror' && leaf.pfn === pfn && leaf.gfn !== event.gfn);
    if (!other) return;
    m.violate(
      'pfn-one-private-owner',
      `${pfnText(pfn)} is private at ${gfnText(event.gfn)} and at ${gfnText(other.gfn)}`,
    );
  },
};
