/** Pages are added before a TD is final and augmented after. */

import type { Machine } from '../machine/machine';
import { registered } from '../machine/registry';
import { rmpEntry } from '../machine/rmp';
import { opStateOf } from '../machine/tdx-td';
import type { MachineEvent } from '../machine/types';
import { callName, gfnText, holds } from './observe';
import type { Invariant } from './types';

/** Pages on their way through the firmware are immutable when they are assigned. */
function checkAssigned(m: Machine, { pfn, gfn, assigned, wasAssigned }: Extract<MachineEvent, { type: 'rmp' }>): void {
  if (!assigned || wasAssigned) return;
  m.host.witness('add-before-final-aug-after');
  if (rmpEntry(m, pfn).immutable || registered(m, 'launched') !== 0) return;
  m.violate('add-before-final-aug-after', `${gfnText(gfn)} is given to the guest before its launch is over`);
}

export const invariant: Invariant = {
  id: 'add-before-final-aug-after',
  title: 'Pages are measured before a guest is final and given at faults after',
  statement:
    'TDH.MEM.PAGE.ADD is issued only before TDH.MR.FINALIZE and under slots_lock, TDH.MEM.PAGE.AUG only after it. An SNP guest is given pages without SNP_LAUNCH_UPDATE only after SNP_LAUNCH_FINISH.',
  why: 'Content that is not measured, a page that can no longer be part of the image, or a status that bugs the VM.',
  source:
    'arch/x86/kvm/vmx/tdx.c, tdx_mem_page_add() and tdx_td_finalize(); arch/x86/kvm/svm/sev.c, snp_launch_finish()',
  example: 'Set pre_fault_allowed before the state is RUNNABLE.',
  vm: ['snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'rmp') checkAssigned(m, event);
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
