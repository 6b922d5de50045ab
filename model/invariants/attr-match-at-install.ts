/** A mapping has the kind of its gfn when it is installed. */

import { attributeMatches, gfnText, installedFrames } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'attr-match-at-install',
  title: 'A mapping has the kind of its gfn when it is installed',
  statement:
    "At the instant at which a leaf is installed for a gfn, its kind (private or shared) is the gfn's attribute.",
  why: 'After a conversion a mapping of the old kind would stay: nothing removes it any more.',
  source: 'seed 001; arch/x86/kvm/mmu/mmu.c, kvm_mmu_faultin_pfn() and is_page_fault_stale()',
  example: 'Delete the comparison of fault->is_private with kvm_mem_is_private().',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'spte') return;
    const mapped = installedFrames(m, event);
    if (mapped.length > 0) m.host.witness('attr-match-at-install');
    const wrong = mapped.find(({ gfn, pfn }) => !attributeMatches(m, gfn, event.mirror, pfn));
    if (wrong === undefined) return;
    const tree = event.mirror ? 'mirror' : 'direct';
    m.violate(
      'attr-match-at-install',
      `${gfnText(wrong.gfn)} is mapped in the ${tree} tree with a page of the other kind`,
    );
  },
};
