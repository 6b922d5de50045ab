/** Seeded bugs of address spaces: what vCPUs in SMM see is mapped, unmapped and looked up apart from the rest. */

import type { Bug } from './edit';
import { KVM_MAIN, MMU, TDP_MMU } from './places';

export const smmBugs: readonly Bug[] = [
  {
    id: 'b139-unmap-without-smm',
    title: 'KVM: Look up the memslots of a notifier once',
    wrong: 'A page is freed while vCPUs in SMM still map it.',
    scenario: 'S61',
    file: KVM_MAIN,
    function: 'kvm_handle_hva_range',
    changes: [{ find: 'slots = __kvm_memslots(kvm, i);', replace: 'slots = kvm_memslots(kvm);' }],
    breaks: ['unmap-before-free'],
    vm: ['default'],
  },
  {
    id: 'b140-root-role-without-smm',
    title: 'KVM: x86/mmu: Share TDP MMU roots between vCPUs in SMM and others',
    wrong: 'SMRAM is mapped where the rest of the guest reaches it.',
    scenario: 'S64',
    file: MMU,
    function: 'kvm_calc_tdp_mmu_root_page_role',
    changes: [{ find: 'role.smm = cpu_role.base.smm;', replace: '' }],
    breaks: ['root-of-address-space', 'slot-delete-leaves-nothing'],
    vm: ['default'],
  },
  {
    id: 'b141-slots-in-any-address-space',
    title: 'KVM: Check the address space of a memslot against the most that a VM has',
    wrong: 'A VM with private memory gets memslots that no unmap looks at.',
    scenario: 'S30',
    file: KVM_MAIN,
    function: 'kvm_set_memory_region',
    changes: [{ find: 'as_id >= kvm_arch_nr_memslot_as_ids(kvm)', replace: 'as_id >= KVM_MAX_NR_ADDRESS_SPACES' }],
    breaks: ['gmem-slot-restricted'],
    vm: ['sw-protected', 'tdx'],
  },
  {
    id: 'b142-zap-in-one-address-space',
    title: 'KVM: x86/mmu: Zap ranges of gfns in the address space of the VM',
    wrong: 'What has to be mapped anew stays as it was where a vCPU in SMM sees it.',
    scenario: 'S64',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_zap_leafs',
    changes: [
      {
        find: 'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, -1)',
        replace: 'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, 0)',
      },
    ],
    breaks: ['zap-covers-address-spaces'],
    vm: ['default'],
  },
];
