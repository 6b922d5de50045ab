/** No page that the guest wrote is missing from the dirty log. */

import type { Machine } from '../machine/machine';
import type { MachineEvent } from '../machine/types';
import { isInSmm } from '../machine/vcpus';
import { ghost, setGhost } from './ghost';
import { gfnText } from './observe';
import type { Invariant } from './types';

const ID = 'dirty-log-complete';
/** Frames that the rule follows: one bit of a cell each. */
const FRAMES = 32;

/** The bits of the gfns from `start` to before `end`. */
const bitsOf = (start: number, end: number): number => {
  let bits = 0;
  for (let gfn = start; gfn < Math.min(end, FRAMES); gfn++) bits |= 1 << gfn;
  return bits;
};

function log(m: Machine, { phase, asId, start, end }: Extract<MachineEvent, { type: 'dirty-log' }>): void {
  const range = bitsOf(start, end);
  const unreported = ghost(m, 'unreported', asId) & range;
  if (phase === 'on') setGhost(m, 'logged', ghost(m, 'logged', asId) | range, asId);
  if (phase === 'off') setGhost(m, 'logged', ghost(m, 'logged', asId) & ~range, asId);
  if (phase === 'last') {
    m.host.witness(ID);
    if (unreported !== 0)
      m.violate(
        ID,
        `${gfnText(31 - Math.clz32(unreported))} was written while dirty pages were logged, and no log has it`,
      );
  }
  if (phase !== 'on') setGhost(m, 'unreported', ghost(m, 'unreported', asId) & ~range, asId);
}

export const invariant: Invariant = {
  id: ID,
  title: 'No page that the guest wrote is missing from the dirty log',
  statement:
    'A page that the guest writes after dirty logging was turned on for its memslot (that of the address space in which it writes) is in a log that user space gets from then on: at the latest in the one that it gets when the guest has stopped.',
  why: 'A migrated guest goes on with a page as it was before the write.',
  source:
    'Documentation/virt/kvm/api.rst, KVM_GET_DIRTY_LOG; virt/kvm/kvm_main.c, kvm_get_dirty_log_protect() and mark_page_dirty_in_slot(); arch/x86/kvm/mmu/mmu.c, fast_pf_fix_direct_spte() and kvm_arch_mmu_enable_log_dirty_pt_masked()',
  example: 'Do not flush TLBs when dirty logging is turned on.',
  vm: ['default', 'sw-protected', 'sev', 'sev-es'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'dirty-log') log(m, event);
    if (event.type !== 'guest-access' || !event.write || event.outcome !== 'done') return;
    const asId = isInSmm(m, event.vcpu) ? 1 : 0;
    const bit = bitsOf(event.gfn, event.gfn + 1) & ghost(m, 'logged', asId);
    if (bit !== 0) setGhost(m, 'unreported', ghost(m, 'unreported', asId) | bit, asId);
  },
};
