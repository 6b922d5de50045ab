/** S07: user space maps private memory. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S07',
  name: 'private-and-mapped',
  title: 'User space has mapped a guest_memfd',
  description:
    'User space has mapped a guest_memfd and writes a page of it, before and after it punches a hole, while a vCPU uses the same page as private memory. No page is within reach of both.',
  vm: ['sw-protected', 'tdx'],
  source: 'seed 002; domain.md S07; kvm_gmem_fault_user_mapping(), kvm_gmem_get_supported_flags()',
  assumption: null,
  driver: 's07.c',
  setup: 's07_setup',
  threads: [
    { name: 'vcpu0', entry: 's07_vcpu', args: [] },
    { name: 'vmm', entry: 's07_vmm', args: [] },
  ],
  invariants: ['pfn-not-private-and-shared', 'unmap-before-free'],
  words: ['kvm_gmem_fault_user_mapping', 'kvm_gmem_mmap', 'GUEST_MEMFD_FLAG_MMAP', 'GUEST_MEMFD_FLAG_INIT_SHARED'],
  faults: 0,
  mutations: [
    { title: 'A page of private memory is given to user space', breaks: ['pfn-not-private-and-shared'] },
    {
      title: 'A VM with private memory gets a guest_memfd that user space may use',
      breaks: ['pfn-not-private-and-shared'],
    },
  ],
};
