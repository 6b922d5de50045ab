/** A memslot with a guest_memfd is created and deleted, and nothing else. */

import { isLock } from './observe';
import { activeSlots } from './slots';
import type { Invariant } from './types';

const ID = 'gmem-slot-restricted';

export const invariant: Invariant = {
  id: ID,
  title: 'A memslot with a guest_memfd is created and deleted, and nothing else',
  statement:
    'Whenever slots_lock is free, no memslot with KVM_MEM_GUEST_MEMFD has dirty logging on or is read-only, and none has moved or become such a one while it was there. None at all is in the address space of SMM, which VMs with private memory do not have.',
  why: 'Write protection of a private leaf of a TD removes its page, and a copy of such a memslot has no binding that leads a hole punch to it. Whatever goes over all memslots passes by those of an address space that the VM does not have.',
  source:
    'virt/kvm/kvm_main.c, check_memory_region_flags() and kvm_set_memory_region(); commits 9935df5333aa, 39fee313fdd4, af62fe2494da',
  example: 'Accept KVM_MEM_LOG_DIRTY_PAGES together with KVM_MEM_GUEST_MEMFD.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'unlock' || !isLock(m, event, 'slots_lock')) return;
    const hidden = activeSlots(m, 1)?.[0];
    if (hidden) {
      m.violate(
        ID,
        `the memslot at gfn 0x${hidden.base.toString(16)} is in an address space that the VM does not have`,
      );
      return;
    }
    for (const slot of activeSlots(m) ?? []) {
      if (!slot.gmem) continue;
      m.host.witness(ID);
      const why = slot.logsDirtyPages ? 'logs dirty pages' : slot.readOnly ? 'is read-only' : undefined;
      if (why === undefined) continue;
      m.violate(ID, `the memslot at gfn 0x${slot.base.toString(16)} has a guest_memfd and ${why}`);
      return;
    }
  },
};
