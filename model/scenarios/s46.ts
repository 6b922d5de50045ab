/** S46: a part of a huge page is converted. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S46',
  name: 'conversion-in-huge-page',
  title: 'A part of a huge page is converted',
  description:
    'User space makes one gfn of a range private that the VMM backs with a huge page, while a vCPU uses the last and another of them, which stay shared. The huge page is unmapped; until the conversion is over no fault maps it again, and afterwards they are mapped one by one.',
  vm: ['sw-protected', 'tdx'],
  source:
    'commit 9129633d568e; kvm_arch_pre_set_memory_attributes(), kvm_arch_post_set_memory_attributes(), kvm_mmu_hugepage_adjust()',
  assumption: null,
  driver: 's46.c',
  setup: 's46_setup',
  threads: [
    { name: 'vcpu0', entry: 's46_vcpu', args: [] },
    { name: 'vmm', entry: 's46_vmm', args: [] },
  ],
  invariants: ['huge-leaf-uniform', 'unmap-before-convert', 'no-install-while-invalidating', 'flush-before-unlock'],
  words: [
    'kvm_arch_pre_set_memory_attributes',
    'kvm_arch_post_set_memory_attributes',
    'KVM_LPAGE_MIXED_FLAG',
    'hugepage_set_mixed',
    'hugepage_has_attrs',
    'disallow_lpage',
    'lpage_info',
    'kvm_mmu_hugepage_adjust',
    'host_pfn_mapping_level',
  ],
  faults: 0,
  mutations: [
    { title: 'The mixed flag is never set', breaks: ['huge-leaf-uniform', 'attr-match-at-install'] },
    { title: 'The rest of the huge page is not invalidated', breaks: ['huge-leaf-uniform'] },
    { title: 'Huge pages may be mapped where the mixed flag is set', breaks: ['huge-leaf-uniform'] },
  ],
};
