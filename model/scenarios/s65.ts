/** S65: a conversion ends in a huge page. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S65',
  name: 'conversion-into-huge-page',
  title: 'A conversion ends in a huge page',
  description:
    'User space makes two gfns private in one go, the second of which lies in a range that the VMM backs with a huge page, while a vCPU uses other gfns of that page, which stay shared. The huge page is unmapped; until the conversion is over no fault maps it again.',
  vm: ['sw-protected', 'tdx'],
  source:
    'commit 9129633d568e; kvm_arch_pre_set_memory_attributes(), kvm_arch_post_set_memory_attributes(), kvm_mmu_hugepage_adjust()',
  assumption: null,
  driver: 's65.c',
  setup: 's65_setup',
  threads: [
    { name: 'vcpu0', entry: 's65_vcpu', args: [] },
    { name: 'vmm', entry: 's65_vmm', args: [] },
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
    { title: 'The invalidated range ends before the last gfn of the huge page', breaks: ['huge-leaf-uniform'] },
    { title: 'Only the huge page in which the range begins is invalidated whole', breaks: ['huge-leaf-uniform'] },
  ],
};
