/** S64: what goes over all memslots or all roots does so in both address spaces. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S64',
  name: 'smm-address-space',
  title: 'A VM has memory for SMM, and all of it is zapped in one way after the other',
  description:
    'One thread is user space and the vCPU, which goes into SMM and out of it between the steps: dirty pages of SMM are logged; the worker takes a table of SMM away, whose memslot only SMM has; a device without coherent DMA comes; the memslot of SMRAM is deleted; the VMM exits. Each reaches what is mapped for SMM as it reaches the rest.',
  vm: ['default'],
  source:
    'commit 441a5dfcd968; kvm_tdp_mmu_zap_leafs(), kvm_tdp_mmu_zap_all(), kvm_memslots_for_spte_role(), kvm_tdp_mmu_alloc_root()',
  assumption: null,
  driver: 's64.c',
  setup: 's64_setup',
  threads: [{ name: 'vmm', entry: 's64_vmm', args: [] }],
  invariants: [
    'zap-covers-address-spaces',
    'root-of-address-space',
    'slot-delete-leaves-nothing',
    'mmio-where-no-slot',
    'dirty-log-complete',
    'unmap-before-free',
  ],
  words: [
    'as_id',
    'kvm_arch_nr_memslot_as_ids',
    'kvm_memslots_for_spte_role',
    'kvm_mmu_page_as_id',
    'kvm_mmu_role_as_id',
    'for_each_valid_tdp_mmu_root_yield_safe',
  ],
  faults: 0,
  mutations: [
    { title: 'A zap of gfns looks at one address space', breaks: ['zap-covers-address-spaces'] },
    { title: 'Everything is zapped in one address space', breaks: ['unmap-before-free'] },
    { title: 'A fast zap replaces the roots of one address space', breaks: ['slot-delete-leaves-nothing'] },
    { title: 'Faults in SMM find the memslots outside of it', breaks: ['mmio-where-no-slot'] },
    { title: 'The memslot of a table of SMM is looked for outside of it', breaks: ['kernel-warning'] },
    { title: 'A root serves both address spaces', breaks: ['root-of-address-space'] },
    { title: 'What is logged of SMM is write-protected elsewhere', breaks: ['dirty-log-complete'] },
  ],
};
