/** A gfn is unmapped before it is converted. */

import type { Machine } from '../machine/machine';
import { septLeaves } from '../machine/sept';
import {
  gfnText,
  isInvalidating,
  isOfEitherKind,
  isPrivateMapping,
  kvmNumber,
  leaves,
  usableTranslations,
} from './observe';
import { activeSlots, slotOf } from './slots';
import type { Invariant } from './types';

/** What still maps the gfn as memory of this kind. */
function oldMapping(m: Machine, gfn: number, isPrivate: boolean): string | undefined {
  const isOld = (mirror: boolean, pfn: number): boolean =>
    isPrivateMapping(m, mirror, pfn) === isPrivate || isOfEitherKind(m, gfn);
  const leaf = leaves(m).find((entry) => entry.gfn === gfn && isOld(entry.root === 'mirror', entry.pfn));
  if (leaf) return `the ${leaf.root} table`;
  if (m.vm === 'tdx' && isPrivate && septLeaves(m).some((entry) => entry.gfn === gfn)) return 'the S-EPT';
  const cached = usableTranslations(m).find((entry) => entry.gfn === gfn && isOld(entry.isPrivate, entry.pfn));
  return cached && `the TLB of vCPU ${cached.vcpu}`;
}

export const invariant: Invariant = {
  id: 'unmap-before-convert',
  title: 'A gfn is unmapped before it is converted',
  statement:
    'The attribute of a gfn changes only when no table, S-EPT entry or usable translation of the old kind is left for it, and while an invalidation that covers it is open (if a memslot covers it).',
  why: 'The guest would go on using the old kind: its data goes to the wrong page.',
  source: 'seed 002; virt/kvm/kvm_main.c, kvm_vm_set_mem_attributes()',
  example: 'Store the attributes before kvm_handle_gfn_range() has unmapped the old kind.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'attribute-store' || event.wasPrivate === event.isPrivate) return;
    const left = oldMapping(m, event.gfn, event.wasPrivate);
    const kind = event.wasPrivate ? 'private' : 'shared';
    if (left !== undefined) {
      m.violate(
        'unmap-before-convert',
        `${gfnText(event.gfn)} is converted while ${left} still maps it as ${kind} memory`,
      );
    }
    const slots = activeSlots(m);
    if (slots === undefined || slotOf(slots, event.gfn) === undefined) return;
    m.host.witness('unmap-before-convert');
    if (kvmNumber(m, 'mmu_invalidate_in_progress') !== undefined && !isInvalidating(m, event.gfn)) {
      m.violate('unmap-before-convert', `${gfnText(event.gfn)} is converted outside of an invalidation that covers it`);
    }
  },
};
