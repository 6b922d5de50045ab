/** SNP: a vCPU runs with a VMSA whose page is still there. */

import type { Machine } from '../machine/machine';
import { hasPage, ownerOf, ownerText } from '../machine/pages';
import { isAssigned, rmpEntry, rmpText, vmsaUser } from '../machine/rmp';
import { pfnText } from './observe';
import type { Invariant } from './types';

const ID = 'snp-vmsa-tracks-memory';

/** VMRUN, whether the hardware lets it pass or not. An address that is no page is refused by the hardware. */
function checkEntry(m: Machine, vcpu: number, vmsa: number): void {
  if (!hasPage(vmsa)) return;
  const owner = ownerOf(m, vmsa);
  if (owner.kind === 'gmem') m.host.witness(ID);
  if (isAssigned(m, vmsa) && (owner.kind === 'gmem' || owner.kind === 'kernel')) return;
  const state = `${ownerText(owner)}, ${rmpText(rmpEntry(m, vmsa))}`;
  m.violate(
    ID,
    `vCPU ${vcpu} is entered with ${pfnText(vmsa)} as its VMSA, which is not the guest's any more (${state})`,
  );
}

export const invariant: Invariant = {
  id: ID,
  title: 'A vCPU runs with a VMSA whose page is still there',
  statement:
    'A vCPU of an SNP guest is entered only with a VMSA whose page has not been invalidated since KVM looked it up, and no page leaves guest_memfd while a vCPU runs with it as its VMSA.',
  why: "The page can't be taken back while the vCPU runs, and is freed all the same; or the vCPU runs on memory of somebody else.",
  source: 'domain.md 1.8; arch/x86/kvm/svm/sev.c, __sev_snp_reload_vmsa(), pre_sev_run(), sev_gmem_invalidate_range()',
  example: 'Use the page that kvm_gmem_get_pfn() found without looking at mmu_invalidate_seq under mmu_lock.',
  vm: ['snp'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'vmrun') checkEntry(m, event.vcpu, event.vmsa);
    else if (event.type === 'gmem-truncate') {
      const vcpu = vmsaUser(m, event.pfn);
      if (vcpu !== undefined)
        m.violate(ID, `${pfnText(event.pfn)} leaves guest_memfd while vCPU ${vcpu} runs with it as its VMSA`);
    }
  },
};
