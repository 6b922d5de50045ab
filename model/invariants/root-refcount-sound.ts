/** A root on the list has a reference. */

import { roots } from '../machine/kvm-view';
import { VM_TYPES } from '../machine/types';
import { isLock } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'root-refcount-sound',
  title: 'A root on the list has a reference',
  statement: "Whenever mmu_lock is dropped, every root on KVM's list that is valid has a reference count above zero.",
  why: 'A root that is freed while it is used, or freed twice.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_put_root(); commits 0df9dab891ff, a889ea54b3da',
  example: "Drop the TDP MMU's reference before the root is zapped.",
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    if (event.type !== 'unlock' || !isLock(m, event, 'mmu_lock')) return;
    for (const root of roots(m)) {
      m.host.witness('root-refcount-sound');
      if (!root.valid || root.refcount === undefined || root.refcount > 0) continue;
      m.violate('root-refcount-sound', `a valid ${root.kind} root has no reference left`);
      return;
    }
  },
};
