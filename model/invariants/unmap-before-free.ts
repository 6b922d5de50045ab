/** A page is out of every guest's reach before it is freed. */

import type { Machine } from '../machine/machine';
import { septEntries } from '../machine/sept';
import { VM_TYPES } from '../machine/types';
import {
  gfnText,
  installedFrames,
  isGivenUp,
  isStrangers,
  leaves,
  pfnText,
  tableName,
  usableTranslations,
} from './observe';
import type { Invariant } from './types';

const isGuestOwner = (owner: string): boolean => owner.startsWith('gmem') || owner === 'user';

/** What still maps the page, in words; undefined when nothing does. */
function reachedBy(m: Machine, pfn: number): string | undefined {
  const leaf = leaves(m).find((entry) => entry.pfn === pfn);
  const entry = m.vm === 'tdx' && !isGivenUp(m) ? septEntries(m).find((sept) => sept.pfn === pfn) : undefined;
  const cached = usableTranslations(m).find((translation) => translation.pfn === pfn);
  const by = [
    leaf && `the ${tableName(leaf)} table (${gfnText(leaf.gfn)})`,
    entry && `the S-EPT (${gfnText(entry.gfn)}, ${entry.state})`,
    cached && `the TLB of vCPU ${cached.vcpu} (${gfnText(cached.gfn)})`,
  ].filter((text) => text !== undefined);
  return by.length === 0 ? undefined : `${by.join(' and ')} still map${by.length > 1 ? '' : 's'} it`;
}

function report(m: Machine, pfn: number, what: string, how: string | undefined): void {
  if (how !== undefined && pfn !== 0) m.violate('unmap-before-free', `${what} ${how}`);
}

export const invariant: Invariant = {
  id: 'unmap-before-free',
  title: "A page is out of every guest's reach before it is freed",
  statement:
    'A page that leaves guest_memfd or the VMM is in no KVM page table (valid or invalid root), no S-EPT entry and no translation that a vCPU can still use; and no such page is mapped or reached later. (A VM that was given up since the TDX module refused a removal is exempt as to its S-EPT.)',
  why: 'The guest reads and writes memory of whoever gets the page next: the worst that can happen to a host.',
  source: 'seed 002 (a hole punch must tell KVM before it frees); seed 000 (the memslot is gone, so it cannot)',
  example: 'Truncate the page cache before kvm_gmem_invalidate_start().',
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    switch (event.type) {
      case 'page-owner':
        if (isGuestOwner(event.owner) || !isGuestOwner(event.old)) break;
        m.host.witness('unmap-before-free');
        report(m, event.pfn, `${pfnText(event.pfn)} is given away (${event.owner}) while`, reachedBy(m, event.pfn));
        break;
      case 'spte': {
        const wrong = installedFrames(m, event).find(({ pfn }) => isStrangers(m, pfn));
        if (wrong) report(m, wrong.pfn, "a page that is not the guest's is mapped:", gfnText(wrong.gfn));
        break;
      }
      case 'enter': {
        const stale = usableTranslations(m, event.vcpu).find(({ pfn }) => isStrangers(m, pfn));
        if (stale)
          report(
            m,
            stale.pfn,
            `vCPU ${event.vcpu} enters with a translation of a page that is not the guest's:`,
            gfnText(stale.gfn),
          );
        break;
      }
      case 'guest-access':
        if (event.outcome !== 'done' || !isStrangers(m, event.pfn)) break;
        report(
          m,
          event.pfn,
          `vCPU ${event.vcpu} reaches a page that is not the guest's:`,
          `${gfnText(event.gfn)}, ${pfnText(event.pfn)}`,
        );
        break;
    }
  },
};
