/** S37: a hole is punched and filled again. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S37',
  name: 'punch-refill',
  title: 'A hole is punched and filled again',
  description:
    'User space punches a page out of a guest_memfd, has another page allocated in its place and maps that one, while a vCPU uses the gfn and faults on it. Nobody maps the page that is gone, and nobody finds it mapped.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md S37; kvm_gmem_punch_hole(), kvm_gmem_allocate(), tdp_mmu_map_handle_target_level()',
  assumption: null,
  driver: 's37.c',
  setup: 's37_setup',
  threads: [
    { name: 'vcpu0', entry: 's37_vcpu', args: [] },
    { name: 'vmm', entry: 's37_vmm', args: [] },
  ],
  invariants: ['leaf-pfn-stable', 'unmap-before-free', 'seq-recheck-under-lock', 'no-install-while-invalidating'],
  words: ['kvm_gmem_allocate', 'kvm_gmem_punch_hole', 'RET_PF_SPURIOUS', 'KVM_PRE_FAULT_MEMORY'],
  faults: 0,
  mutations: [
    { title: 'A hole punch does not unmap', breaks: ['unmap-before-free', 'kernel-warning'] },
    {
      title: 'A hole punch does not unmap, and a fault maps over what it finds',
      breaks: ['leaf-pfn-stable', 'kernel-bug'],
    },
    {
      title: 'A fault does not look for an invalidation under mmu_lock',
      breaks: ['seq-recheck-under-lock', 'kernel-warning', 'unmap-before-free'],
    },
  ],
};
