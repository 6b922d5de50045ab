/** Only what has no memslot is MMIO. */

import type { Machine } from '../machine/machine';
import { isInSmm, registeredVcpus, vcpuWord } from '../machine/vcpus';
import { ghost, setGhost } from './ghost';
import { gfnText } from './observe';
import { activeSlots, isBeingUpdated, slotOf } from './slots';
import type { Invariant } from './types';

const ID = 'mmio-where-no-slot';
const CALL = 'handle_mmio_page_fault';

/** The address space that a vCPU is in, by its `struct kvm_vcpu`. */
const addressSpaceOf = (m: Machine, address: number): number =>
  registeredVcpus(m).some((vcpu) => vcpuWord(m, vcpu, 'address') === address && isInSmm(m, vcpu)) ? 1 : 0;

export const invariant: Invariant = {
  id: ID,
  title: 'Only what has no memslot is MMIO',
  statement:
    'When no update of the memslots is under way, an access that met an MMIO entry is emulated only if no memslot of the address space that the vCPU is in covers its gfn: entries made before the last change of memslots count for nothing.',
  why: 'The guest writes its memory, and the VMM gets it as a write to a device.',
  source: 'arch/x86/kvm/mmu/mmu.c, check_mmio_spte(); virt/kvm/kvm_main.c, kvm_swap_active_memslots()',
  example: 'Leave the generation of the memslots as it is when one is created.',
  vm: ['default', 'sw-protected', 'sev', 'sev-es', 'snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'call' && event.name === CALL) {
      const gfn = Number(BigInt.asUintN(64, BigInt(event.args[1] ?? 0)) >> 12n);
      setGhost(m, 'mmio', ((addressSpaceOf(m, Number(event.args[0] ?? 0)) << 31) | (gfn + 1)) >>> 0, event.thread);
    } else if (event.type === 'return' && event.name === CALL) {
      const gfn = (ghost(m, 'mmio', event.thread) & 0x7fffffff) - 1;
      const asId = ghost(m, 'mmio', event.thread) >>> 31;
      setGhost(m, 'mmio', 0, event.thread);
      if (Number(event.value) !== m.program.constants.RET_PF_EMULATE || isBeingUpdated(m, asId)) return;
      m.host.witness(ID);
      const slot = slotOf(activeSlots(m, asId) ?? [], gfn);
      if (slot === undefined || slot.invalid) return;
      m.violate(ID, `an access to ${gfnText(gfn)} is emulated as MMIO, and a memslot covers it`);
    }
  },
};
