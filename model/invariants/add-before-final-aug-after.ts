/** Pages are added before a TD is final and augmented after. */

import { opStateOf } from '../machine/tdx-td';
import { callName, gfnText, holds } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'add-before-final-aug-after',
  title: 'Pages are added before a TD is final and augmented after',
  statement:
    'TDH.MEM.PAGE.ADD is issued only before TDH.MR.FINALIZE and under slots_lock, TDH.MEM.PAGE.AUG only after it.',
  why: 'Content that is not measured, or a status that bugs the VM.',
  source: 'arch/x86/kvm/vmx/tdx.c, tdx_mem_page_add() and tdx_td_finalize()',
  example: 'Set pre_fault_allowed before the state is RUNNABLE.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'seamcall') return;
    const name = callName(event);
    if (name === 'MEM.PAGE.AUG') {
      m.host.witness('add-before-final-aug-after');
      if (opStateOf(m) === 'RUNNABLE') return;
      m.violate('add-before-final-aug-after', `${gfnText(event.gfn)} is augmented before the TD is final`);
    } else if (name === 'MEM.PAGE.ADD') {
      if (opStateOf(m) !== 'RUNNABLE' && holds(m, event.thread, 'slots_lock') !== undefined) return;
      m.violate(
        'add-before-final-aug-after',
        `${gfnText(event.gfn)} is added to a TD that is final, or without slots_lock`,
      );
    }
  },
};
