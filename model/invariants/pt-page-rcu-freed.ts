/** A page table is freed after a grace period. */

import { RCU_THREAD } from '../execute/regions';
import { FIRST_PFN } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { hasPage } from '../machine/pages';
import { isLeaf, isPresent, sptePfn } from '../machine/spte';
import { VM_TYPES } from '../machine/types';
import { ghost, setGhost } from './ghost';
import { gfnText, isFrozen, pfnText, usableTranslations } from './observe';
import type { Invariant } from './types';

/** Was the page linked into a tree? */
function isMarked(m: Machine, pfn: number): boolean {
  if (!hasPage(pfn)) return false;
  const index = pfn - FIRST_PFN;
  return ((ghost(m, 'linked', index >>> 5) >>> (index & 31)) & 1) !== 0;
}

function mark(m: Machine, pfn: number, on: boolean): void {
  if (!hasPage(pfn)) return;
  const index = pfn - FIRST_PFN;
  const word = ghost(m, 'linked', index >>> 5);
  const bit = 1 << (index & 31);
  setGhost(m, 'linked', on ? word | bit : word & ~bit, index >>> 5);
}

export const invariant: Invariant = {
  id: 'pt-page-rcu-freed',
  title: 'A page table is freed after a grace period',
  statement:
    'A page that was part of a tree is freed by an RCU callback, never at once, and only when no vCPU in the guest can use a translation that it found through the page.',
  why: "Walkers without a lock, and the CPU's own caches of upper levels, would read freed memory.",
  source:
    'arch/x86/kvm/mmu/tdp_mmu.c, handle_removed_pt(); arch/x86/kvm/mmu/mmu.c, kvm_recover_nx_huge_pages() (the flush lies within the RCU section)',
  example: 'Call free_page(sp->spt) in place of call_rcu().',
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'spte') {
      if (isFrozen(m, event.value) || !isPresent(event.value) || isLeaf(event.value, event.level)) return;
      mark(m, sptePfn(event.value), true);
    } else if (event.type === 'page-owner' && event.old === 'page-table' && isMarked(m, event.pfn)) {
      mark(m, event.pfn, false);
      m.host.witness('pt-page-rcu-freed');
      const cached = usableTranslations(m).find(({ isPrivate, table }) => !isPrivate && table === event.pfn);
      if (cached) {
        const text = `while the TLB of vCPU ${cached.vcpu} holds ${gfnText(cached.gfn)}, which it found through it`;
        m.violate('pt-page-rcu-freed', `page table ${pfnText(event.pfn)} is freed ${text}`);
      }
      if (event.thread === RCU_THREAD) return;
      m.violate('pt-page-rcu-freed', `page table ${pfnText(event.pfn)} is freed without a grace period`);
    }
  },
};
