/** SNP: nothing uses a page while its owner changes in the RMP. */

import type { Machine } from '../machine/machine';
import { RMP, vmsaUser } from '../machine/rmp';
import type { MachineEvent } from '../machine/types';
import { gfnText, leaves, pfnText, usableTranslations } from './observe';
import type { Invariant } from './types';

const ID = 'snp-unmap-before-rmpchange';

/** What still leads to the page. */
function userOf(m: Machine, pfn: number): string | undefined {
  const leaf = leaves(m).find((entry) => entry.pfn === pfn);
  if (leaf) return `the ${leaf.root} table maps it at ${gfnText(leaf.gfn)}`;
  const cached = usableTranslations(m).find((entry) => entry.pfn === pfn);
  if (cached) return `the TLB of vCPU ${cached.vcpu} has it at ${gfnText(cached.gfn)}`;
  const vcpu = vmsaUser(m, pfn);
  return vcpu === undefined ? undefined : `vCPU ${vcpu} runs with it as its VMSA`;
}

function check(m: Machine, { pfn, assigned, wasAssigned }: Extract<MachineEvent, { type: 'rmp' }>): void {
  if (assigned && wasAssigned) return;
  if (wasAssigned) m.host.witness(ID);
  const user = userOf(m, pfn);
  const change = assigned ? 'assigned' : 'taken from the guest';
  if (user !== undefined) m.violate(ID, `${pfnText(pfn)} is ${change} in the RMP while ${user}`);
}

/** The kernel tries again for ever where sizes differ, and gives up where the page is in use. */
function checkRequest(m: Machine, { pfn, result }: Extract<MachineEvent, { type: 'rmp-request' }>): void {
  if (result === RMP.FAIL_INUSE)
    m.violate(ID, `RMPUPDATE of ${pfnText(pfn)} fails: ${userOf(m, pfn) ?? 'it is in use'}`);
  if (result === RMP.FAIL_OVERLAP) m.violate(ID, `RMPUPDATE of ${pfnText(pfn)} fails: its entry is of another size`);
}

export const invariant: Invariant = {
  id: ID,
  title: 'Nothing uses a page while its owner changes in the RMP',
  statement:
    'A page is assigned or taken back in the RMP only when no table maps it, no vCPU in the guest has a translation of it and none runs with it as its VMSA; and by an RMPUPDATE of the size that its entry has.',
  why: 'RMPUPDATE fails, or the guest gets faults for memory that it uses, or the host is the one to fault.',
  source:
    'domain.md 1.8; virt/kvm/guest_memfd.c, kvm_gmem_punch_hole(); arch/x86/kvm/svm/sev.c, sev_gmem_invalidate_range()',
  example: 'Take the pages of a hole back in the RMP before kvm_gmem_invalidate_start() has unmapped them.',
  vm: ['snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'rmp') check(m, event);
    else if (event.type === 'rmp-request' && event.name === 'RMPUPDATE') checkRequest(m, event);
  },
};
