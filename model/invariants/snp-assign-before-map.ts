/** SNP: a page is assigned before it is mapped. */

import type { Machine } from '../machine/machine';
import { rmpEntry, rmpText } from '../machine/rmp';
import { gfnText, installedPfn, isPrivateMapping, pfnText, type SpteEvent } from './observe';
import type { Invariant } from './types';

const ID = 'snp-assign-before-map';

function check(m: Machine, event: SpteEvent): void {
  const pfn = installedPfn(m, event);
  if (pfn === undefined || !isPrivateMapping(m, event.mirror, pfn)) return;
  m.host.witness(ID);
  const entry = rmpEntry(m, pfn);
  const fits = entry.assigned && entry.gfn === event.gfn && (event.level === 1 || entry.huge);
  if (!fits)
    m.violate(ID, `${gfnText(event.gfn)} is mapped to ${pfnText(pfn)}, which the RMP has as ${rmpText(entry)}`);
}

export const invariant: Invariant = {
  id: ID,
  title: 'A private page of an SNP guest is assigned before it is mapped',
  statement:
    'A private leaf for a gfn and a page is created only when the RMP assigns that page to the guest at that gfn, with an entry at least as large as the mapping.',
  why: 'Each access through the leaf ends in a nested page fault for which KVM finds nothing to do: the guest hangs.',
  source: 'domain.md 1.8; virt/kvm/guest_memfd.c, kvm_gmem_get_pfn(); arch/x86/kvm/svm/sev.c, sev_gmem_make_private()',
  example: 'Prepare a folio only when it is not up to date, and mark it so before the preparation has succeeded.',
  vm: ['snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'spte') check(m, event);
  },
};
