/** A zap of gfns reaches every address space. */

import { ghost, setGhost } from './ghost';
import { gfnText, holds, leaves, tableName } from './observe';
import type { Invariant } from './types';

const ID = 'zap-covers-address-spaces';
const ZAP = 'kvm_zap_gfn_range';

/** A gfn in 16 bits: those of the model are small, and the end of all memory is not. */
const short = (gfn: unknown): bigint => {
  const whole = BigInt.asUintN(64, BigInt((gfn as bigint | number | undefined) ?? 0));
  return whole > 0xffffn ? 0xffffn : whole;
};

export const invariant: Invariant = {
  id: ID,
  title: 'A zap of gfns reaches every address space',
  statement:
    'When kvm_zap_gfn_range() ends its invalidation, no valid root, that of SMM included, has a leaf for a gfn of its range.',
  why: 'What had to be mapped anew, as another type of memory or not at all, stays as it was where SMM sees it.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_zap_leafs(); commit 441a5dfcd968',
  example: 'Give for_each_valid_tdp_mmu_root_yield_safe() an address space in kvm_tdp_mmu_zap_leafs().',
  vm: ['default', 'sw-protected', 'sev', 'sev-es', 'snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'call' && event.name === ZAP) {
      const range = (short(event.args[1]) << 16n) | short(event.args[2]);
      setGhost(m, 'zapped', Number(range), event.thread);
    } else if (event.type === 'return' && event.name === ZAP) {
      setGhost(m, 'zapped', 0, event.thread);
    } else if (event.type === 'call' && event.name === 'kvm_mmu_invalidate_end') {
      const range = ghost(m, 'zapped', event.thread);
      // an end outside of the lock is another rule's business, and leaves may be back by then
      if (range === 0 || holds(m, event.thread, 'mmu_lock') !== 'write') return;
      m.host.witness(ID);
      const left = leaves(m).find(({ valid, gfn }) => valid && gfn >= range >>> 16 && gfn < (range & 0xffff));
      if (left) m.violate(ID, `${gfnText(left.gfn)} is zapped, and the ${tableName(left)} table still maps it`);
    }
  },
};
