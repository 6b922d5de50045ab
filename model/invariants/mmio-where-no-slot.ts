/** Only what has no memslot is MMIO. */

import { ghost, setGhost } from './ghost';
import { gfnText } from './observe';
import { activeSlots, isBeingUpdated, slotOf } from './slots';
import type { Invariant } from './types';

const ID = 'mmio-where-no-slot';
const CALL = 'handle_mmio_page_fault';

export const invariant: Invariant = {
  id: ID,
  title: 'Only what has no memslot is MMIO',
  statement:
    'When no update of the memslots is under way, an access that met an MMIO entry is emulated only if no memslot covers its gfn: entries made before the last change of memslots count for nothing.',
  why: 'The guest writes its memory, and the VMM gets it as a write to a device.',
  source: 'arch/x86/kvm/mmu/mmu.c, check_mmio_spte(); virt/kvm/kvm_main.c, kvm_swap_active_memslots()',
  example: 'Leave the generation of the memslots as it is when one is created.',
  vm: ['default', 'sw-protected', 'sev', 'sev-es', 'snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'call' && event.name === CALL) {
      setGhost(m, 'mmio', Number(BigInt.asUintN(64, BigInt(event.args[1] ?? 0)) >> 12n) + 1, event.thread);
    } else if (event.type === 'return' && event.name === CALL) {
      const gfn = ghost(m, 'mmio', event.thread) - 1;
      setGhost(m, 'mmio', 0, event.thread);
      if (Number(event.value) !== m.program.constants.RET_PF_EMULATE || isBeingUpdated(m)) return;
      m.host.witness(ID);
      const slot = slotOf(activeSlots(m) ?? [], gfn);
      if (slot === undefined || slot.invalid) return;
      m.violate(ID, `an access to ${gfnText(gfn)} is emulated as MMIO, and a memslot covers it`);
    }
  },
};
