/** A root has the references that are due to it. */

import { roots } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import { VM_TYPES } from '../machine/types';
import { registeredVcpus, vcpuWord } from '../machine/vcpus';
import { isLock } from './observe';
import type { Invariant } from './types';

/** vCPUs in the guest whose root lies there. */
const usersOf = (m: Machine, pfn: number): number =>
  registeredVcpus(m).filter((vcpu) => vcpuWord(m, vcpu, 'inGuest') !== 0 && vcpuWord(m, vcpu, 'rootPfn') === pfn)
    .length;

/** The root that a vCPU has just entered the guest with. */
function checkUsers(m: Machine, vcpu: number): void {
  const pfn = vcpuWord(m, vcpu, 'rootPfn');
  const root = roots(m).find(({ table }) => m.pfnOf(table) === pfn);
  if (root?.refcount === undefined) return;
  m.host.witness('root-refcount-sound');
  const users = usersOf(m, pfn);
  const due = users + (root.valid ? 1 : 0);
  if (root.refcount >= due) return;
  const who = `${users} ${users === 1 ? 'vCPU is' : 'vCPUs are'} in the guest with`;
  m.violate('root-refcount-sound', `${who} a ${root.kind} root that has ${root.refcount} of ${due} references`);
}

export const invariant: Invariant = {
  id: 'root-refcount-sound',
  title: 'A root has the references that are due to it',
  statement:
    "Whenever mmu_lock is dropped, every root on KVM's list that is valid has a reference; when a vCPU enters the guest, its root has one for each vCPU that is in the guest with it, and one more while it is valid.",
  why: 'A root that is freed while it is used, or freed twice.',
  source:
    'arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_alloc_root() and kvm_tdp_mmu_put_root(); commits 0df9dab891ff, a889ea54b3da',
  example: "Drop the TDP MMU's reference before the root is zapped.",
  vm: [...VM_TYPES],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'enter') checkUsers(m, event.vcpu);
    if (event.type !== 'unlock' || !isLock(m, event, 'mmu_lock')) return;
    for (const root of roots(m)) {
      m.host.witness('root-refcount-sound');
      if (!root.valid || root.refcount === undefined || root.refcount > 0) continue;
      m.violate('root-refcount-sound', `a valid ${root.kind} root has no reference left`);
      return;
    }
  },
};
