/** A memslot never points to a file that is gone. */

import { LIFE } from '../execute/memory';
import { gfnText, isLock } from './observe';
import { activeSlots } from './slots';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'gmem-binding-safe',
  title: 'A memslot never points to a file that is gone',
  statement: 'Whenever slots_lock is free, the guest_memfd file of every active memslot is a living object.',
  why: 'A fault or a hole punch would use freed memory.',
  source: 'virt/kvm/guest_memfd.c, kvm_gmem_release() and kvm_gmem_unbind(); commits ae431059e75d, 1f3359c873db',
  example: 'Skip the unbind when the file is already dying.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type !== 'unlock' || !isLock(m, event, 'slots_lock')) return;
    for (const slot of activeSlots(m) ?? []) {
      if (slot.file === 0) continue;
      m.host.witness('gmem-binding-safe');
      const life = m.memory.life(slot.file);
      if (life === LIFE.live || life === LIFE.watched) continue;
      m.violate('gmem-binding-safe', `the memslot at ${gfnText(slot.base)} points to a guest_memfd file that is freed`);
      return;
    }
  },
};
