/** A fault comes to an end. The oracle `livelock` finds a fault that doesn't; this is its page. */

import { VM_TYPES } from '../machine/types';
import { installedPfn } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'fault-progress',
  title: 'A fault comes to an end',
  statement:
    'If user space converts and populates memory as it is asked and stops invalidating, every fault is fixed or exits: no cycle of retries in which nothing changes.',
  why: 'A vCPU that hangs.',
  source: 'arch/x86/kvm/mmu/mmu.c, fault->mmu_seq; commit 2abd5287f083',
  example: 'Never serve KVM_REQ_MMU_FREE_OBSOLETE_ROOTS in a local loop.',
  vm: [...VM_TYPES],
  kind: 'liveness',
  onEvent(m, event) {
    if (event.type === 'spte' && installedPfn(m, event) !== undefined) m.host.witness('fault-progress');
  },
};
