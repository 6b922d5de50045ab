/** A TD's vCPU keeps its mirror root. */

import { roots } from '../machine/kvm-view';
import { ghost, setGhost } from './ghost';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'td-root-immutable',
  title: "A TD's vCPU keeps its mirror root",
  statement:
    'A vCPU of a TD that runs the guest with a direct root has a mirror root, and it is the one that the VM began with.',
  why: 'The private root is set in the TD and cannot be replaced.',
  source: 'arch/x86/kvm/mmu/mmu.c, kvm_mmu_reload() and kvm_mmu_free_obsolete_roots()',
  example: 'Free the mirror root together with an obsolete direct root.',
  vm: ['tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type !== 'enter') return;
    const mirror = roots(m).find(({ kind }) => kind === 'mirror');
    m.host.witness('td-root-immutable');
    if (!mirror) return m.violate('td-root-immutable', `vCPU ${event.vcpu} enters a TD that has no mirror root`);
    const first = ghost(m, 'mirrorRoot');
    if (first === 0) setGhost(m, 'mirrorRoot', mirror.table);
    else if (first !== mirror.table) m.violate('td-root-immutable', 'the mirror root of a TD was replaced');
  },
};
