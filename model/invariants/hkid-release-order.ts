/** A TD's key goes after its memory, and its pages after its key. */

import { septLeaves } from '../machine/sept';
import { TDX } from '../machine/tdx-status';
import { lifecycleOf } from '../machine/tdx-td';
import { callName, gfnText } from './observe';
import type { Invariant } from './types';

const ID = 'hkid-release-order';

export const invariant: Invariant = {
  id: ID,
  title: "A TD's key goes after its memory, and its pages after its key",
  statement:
    'TDH.MNG.VPFLUSHDONE comes when every vCPU is flushed, TDH.MNG.KEY.FREEID when no private page is mapped, TDH.PHYMEM.PAGE.RECLAIM after it, and no TDH.MEM call after it.',
  why: 'The TDX module refuses what comes too early or too late: the VM is bugged, or pages are leaked for good.',
  source: 'arch/x86/kvm/vmx/tdx.c, tdx_mmu_release_hkid() and tdx_vm_destroy()',
  example: 'Release the HKID before the last descriptor of a guest_memfd is closed.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'seamcall') return;
    const name = callName(event);
    const code = (event.status >> 32n) << 32n;
    if (name === 'MNG.KEY.FREEID' && event.status === 0n) {
      m.host.witness(ID);
      const left = septLeaves(m)[0];
      if (left) m.violate(ID, `the HKID is released while ${gfnText(left.gfn)} is still in the S-EPT`);
    } else if (name === 'MNG.VPFLUSHDONE' && code === TDX.FLUSHVP_NOT_DONE) {
      m.violate(ID, 'TDH.MNG.VPFLUSHDONE comes before all vCPUs are flushed');
    } else if (name === 'PHYMEM.PAGE.RECLAIM' && code === TDX.LIFECYCLE_STATE_INCORRECT) {
      m.violate(ID, 'a page is reclaimed before the HKID is released');
    } else if (name.startsWith('MEM.') && lifecycleOf(m) !== 'KEYS_CONFIGURED') {
      m.violate(ID, `${event.name} is issued for a TD whose HKID is given up`);
    }
  },
};
