/** S05: a memslot and its pages go while a fault wants them. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S05',
  name: 'fault-against-destroyers',
  title: 'A memslot and its pages go while a fault wants them',
  description:
    'A vCPU faults on a private gfn while one thread of user space deletes its memslot and another punches a hole into its file. The fault retries, exits, or maps something that both remove. (The third destroyer, a conversion, has S04.)',
  vm: ['sw-protected', 'tdx'],
  source: 'seeds 001 and 002; domain.md S05; is_page_fault_stale()',
  assumption: null,
  driver: 's05.c',
  setup: 's05_setup',
  threads: [
    { name: 'vcpu0', entry: 's05_vcpu', args: [] },
    { name: 'vmm', entry: 's05_vmm', args: [] },
    { name: 'punch', entry: 's05_punch', args: [] },
  ],
  invariants: [
    'attr-match-at-install',
    'attr-read-after-seq',
    'seq-recheck-under-lock',
    'leaf-pfn-stable',
    'invalidate-balanced',
    'gmem-binding-safe',
    'unmap-before-free',
    'no-install-while-invalidating',
    'mn-vs-memslot-serialised',
  ],
  words: ['mmu_invalidate_seq', 'kvm_gmem_punch_hole', 'KVM_SET_MEMORY_ATTRIBUTES', 'memslot', 'PUNCH_HOLE'],
  faults: 0,
  mutations: [
    {
      title: 'The stale check under mmu_lock is gone',
      breaks: ['seq-recheck-under-lock', 'attr-match-at-install', 'unmap-before-free'],
    },
    { title: 'The hole punch returns between start and end', breaks: ['invalidate-balanced'] },
  ],
};
