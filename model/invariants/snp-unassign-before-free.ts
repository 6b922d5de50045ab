/** SNP: a page goes back to the host unassigned. */

import { isAssigned, rmpEntry, rmpText } from '../machine/rmp';
import { pfnText } from './observe';
import type { Invariant } from './types';

const ID = 'snp-unassign-before-free';

export const invariant: Invariant = {
  id: ID,
  title: 'A page of an SNP guest is unassigned before it is freed',
  statement: 'A page that goes back to the allocator of the host is not assigned in the RMP.',
  why: 'Whoever gets the page next writes it: #PF with the RMP bit, which kills the host.',
  source:
    'domain.md 1.8; virt/kvm/guest_memfd.c, kvm_gmem_free_folio(); arch/x86/kvm/svm/sev.c, sev_gmem_make_shared(), sev_free_vcpu()',
  example: 'Go on as if nothing had happened when RMPUPDATE fails in sev_gmem_make_shared().',
  vm: ['snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'rmp' && event.wasAssigned && !event.assigned) m.host.witness(ID);
    if (event.type !== 'page-owner' || event.owner !== 'free' || !isAssigned(m, event.pfn)) return;
    m.violate(ID, `${pfnText(event.pfn)} is freed while the RMP has it as ${rmpText(rmpEntry(m, event.pfn))}`);
  },
};
