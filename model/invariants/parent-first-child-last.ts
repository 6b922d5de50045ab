/** Tables come before what is in them, and go after it. */

import { statusText, TDX } from '../machine/tdx-status';
import { callName, gfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'parent-first-child-last',
  title: 'Tables come before what is in them, and go after it',
  statement:
    'No SEAMCALL fails because the table above the entry is missing, or because the table to be removed is not empty.',
  why: 'The module refuses, and KVM bugs the VM.',
  source: 'TDX module, TDH.MEM.SEPT.ADD; arch/x86/kvm/mmu/tdp_mmu.c, tdp_mmu_set_spte_atomic()',
  example: 'Publish a table in the mirror before TDH.MEM.SEPT.ADD has returned.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'seamcall') return;
    if (callName(event) === 'MEM.SEPT.ADD' && event.status === 0n) m.host.witness('parent-first-child-last');
    const code = (event.status >> 32n) << 32n;
    if (code !== TDX.EPT_WALK_FAILED && code !== TDX.EPT_PAGE_NOT_FREE) return;
    m.violate('parent-first-child-last', `${event.name} for ${gfnText(event.gfn)}: ${statusText(event.status)}`);
  },
};
