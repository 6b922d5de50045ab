/** A page table is freed after a grace period. */

import { RCU_THREAD } from '../execute/regions';
import { VM_TYPES } from '../machine/types';
import { isTableFreed, noteTables } from './linked-tables';
import { gfnText, pfnText, usableTranslations } from './observe';
import type { Invariant } from './types';

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
    noteTables(m, event);
    if (!isTableFreed(m, event)) return;
    m.host.witness('pt-page-rcu-freed');
    const cached = usableTranslations(m).find(({ isPrivate, table }) => !isPrivate && table === event.pfn);
    if (cached) {
      const text = `while the TLB of vCPU ${cached.vcpu} holds ${gfnText(cached.gfn)}, which it found through it`;
      m.violate('pt-page-rcu-freed', `page table ${pfnText(event.pfn)} is freed ${text}`);
    }
    if (event.thread === RCU_THREAD) return;
    m.violate('pt-page-rcu-freed', `page table ${pfnText(event.pfn)} is freed without a grace period`);
  },
};
