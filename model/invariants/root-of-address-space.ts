/** A vCPU runs on a root of the address space that it is in. */

import { rootAbove } from '../machine/kvm-view';
import { pfnToVirt } from '../machine/layout';
import { isInSmm, vcpuWord } from '../machine/vcpus';
import type { Invariant } from './types';

const ID = 'root-of-address-space';

export const invariant: Invariant = {
  id: ID,
  title: 'A vCPU runs on a root of the address space that it is in',
  statement: 'A vCPU enters the guest in SMM with a root of SMM, and otherwise with one that is not.',
  why: 'What only SMM may touch is within reach of the rest of the guest, or SMM uses memory that is not its own.',
  source:
    'arch/x86/kvm/smm.c, kvm_smm_changed(); arch/x86/kvm/mmu/mmu.c, kvm_calc_cpu_role() and kvm_calc_tdp_mmu_root_page_role()',
  example: 'Leave role.smm as it is when a vCPU takes an SMI.',
  vm: ['default'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'enter') return;
    const root = rootAbove(m, pfnToVirt(vcpuWord(m, event.vcpu, 'rootPfn')));
    if (root === undefined) return;
    const smm = isInSmm(m, event.vcpu);
    if (smm) m.host.witness(ID);
    if (smm === (root.asId === 1)) return;
    const [where, which] = smm ? ['in SMM', 'that is not one of SMM'] : ['outside of SMM', 'of SMM'];
    m.violate(ID, `vCPU ${event.vcpu} enters the guest ${where} with a root ${which}`);
  },
};
