/** S58: shared memory of a guest_memfd is punched. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S58',
  name: 'shared-guest-memfd',
  title: 'A hole is punched into a guest_memfd whose memory is shared',
  description:
    'A guest_memfd that user space may map, initially shared where the VM has no private memory, is all the memory that the VM has. A vCPU faults on it while user space punches a hole, and the pages go to somebody else. The unmap is one of shared mappings, and of nothing that user space has mapped elsewhere.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S07; kvm_gmem_get_invalidate_filter(), kvm_memslot_is_gmem_only(), kvm_mmu_faultin_pfn_gmem()',
  assumption: null,
  driver: 's58.c',
  setup: 's58_setup',
  threads: [
    { name: 'vcpu0', entry: 's58_vcpu', args: [] },
    { name: 'vmm', entry: 's58_vmm', args: [] },
  ],
  invariants: ['unmap-before-free', 'seq-recheck-under-lock', 'no-install-while-invalidating', 'flush-before-unlock'],
  words: [
    'KVM_MEMSLOT_GMEM_ONLY',
    'GUEST_MEMFD_FLAG_INIT_SHARED',
    'kvm_memslot_is_gmem_only',
    'kvm_gmem_get_invalidate_filter',
  ],
  faults: 0,
  mutations: [
    { title: 'A hole punch does not unmap what is shared', breaks: ['unmap-before-free'] },
    { title: 'A fault on such memory is never late', breaks: ['seq-recheck-under-lock', 'unmap-before-free'] },
  ],
};
