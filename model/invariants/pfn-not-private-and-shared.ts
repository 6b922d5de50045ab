/** No page is private and shared at once. */

import type { Machine } from '../machine/machine';
import { isUserMapped, ownerOf } from '../machine/pages';
import { septLeaves } from '../machine/sept';
import { gfnText, isPrivateMapping, leaves, mappedFrames, pfnText, usableTranslations } from './observe';
import type { Invariant } from './types';

interface Use {
  readonly isPrivate: boolean;
  readonly what: string;
}

/** Every way in which a guest reaches the page now. */
function usesOf(m: Machine, pfn: number): Use[] {
  const uses: Use[] = [];
  for (const leaf of leaves(m)) {
    if (leaf.pfn !== pfn) continue;
    const isPrivate = isPrivateMapping(m, leaf.root === 'mirror', pfn);
    uses.push({ isPrivate, what: `the ${leaf.root} table at ${gfnText(leaf.gfn)}` });
  }
  if (m.vm !== 'tdx') return uses;
  for (const entry of septLeaves(m)) {
    if (entry.pfn === pfn) uses.push({ isPrivate: true, what: `the S-EPT at ${gfnText(entry.gfn)}` });
  }
  for (const entry of usableTranslations(m)) {
    if (entry.pfn === pfn) uses.push({ isPrivate: entry.isPrivate, what: `the TLB of vCPU ${entry.vcpu}` });
  }
  return uses;
}

function check(m: Machine, pfn: number): void {
  const uses = usesOf(m, pfn);
  const secret = uses.find(({ isPrivate }) => isPrivate);
  if (secret) m.host.witness('pfn-not-private-and-shared');
  const open = uses.find(({ isPrivate }) => !isPrivate);
  const users = isUserMapped(m, pfn) || ownerOf(m, pfn).kind === 'user';
  const other = open ? open.what : users ? 'the user space of the VMM' : undefined;
  if (secret && other) {
    m.violate('pfn-not-private-and-shared', `${pfnText(pfn)} is private in ${secret.what} and shared in ${other}`);
  } else if (!secret && m.vm === 'sw-protected') {
    m.host.witness('pfn-not-private-and-shared');
  }
}

export const invariant: Invariant = {
  id: 'pfn-not-private-and-shared',
  title: 'No page is private and shared at once',
  statement:
    "A page that some table, the S-EPT or a usable translation maps as private memory is mapped by nothing as shared memory, is not the VMM's own anonymous page, and is in no mapping of the VMM's.",
  why: 'The host or the VMM could write what the guest believes to be its own: corruption, an RMP fault in the kernel, poisoned memory on TDX.',
  source: 'seed 002; virt/kvm/guest_memfd.c; arch/x86/kvm/mmu/mmu.c, __kvm_mmu_faultin_pfn()',
  example: 'A private fault falls back to the user mapping when kvm_gmem_get_pfn() fails.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'spte') for (const { pfn } of mappedFrames(m, event)) check(m, pfn);
    else if (event.type === 'sept' && event.state !== 'FREE' && event.level === 1) check(m, event.pfn);
    else if (event.type === 'tlb-fill' || event.type === 'user-map') check(m, event.pfn);
  },
};
