/** A page table that is given back maps nothing. */

import { entriesOf } from '../machine/kvm-view';
import { isPresent } from '../machine/spte';
import { VM_TYPES } from '../machine/types';
import { isTableFreed, noteTables } from './linked-tables';
import { isFrozen, pfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'freed-table-maps-nothing',
  title: 'A page table that is given back maps nothing',
  statement:
    'Once a table was taken out of its tree each of its entries is frozen or cleared before the table is freed.',
  why: 'A fault that was below the table when it was taken out installs its mapping there, and thinks it served: nothing unmaps that page again, and what the entry knew of accesses and writes is lost.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, handle_removed_pt()',
  example: 'Leave out the entries that map nothing when a removed table is gone through with mmu_lock for read.',
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    noteTables(m, event);
    if (!isTableFreed(m, event)) return;
    m.host.witness('freed-table-maps-nothing');
    const left = entriesOf(m, event.pfn).findIndex((spte) => isPresent(spte) && !isFrozen(m, spte));
    if (left < 0) return;
    m.violate('freed-table-maps-nothing', `page table ${pfnText(event.pfn)} is freed, and entry ${left} maps a page`);
  },
};
