/** S04: a conversion comes between a fault's checks. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S04',
  name: 'attribute-window',
  title: "A conversion comes between a fault's checks",
  description:
    'A vCPU faults on a private gfn while user space converts it to shared. Whatever the order, no private mapping may be left once the gfn is shared; the fault may end in an exit or a retry.',
  vm: ['sw-protected', 'snp', 'tdx'],
  source: 'seed 001; domain.md S04; kvm_mmu_faultin_pfn()',
  assumption: null,
  driver: 's04.c',
  setup: 's04_setup',
  threads: [
    { name: 'vcpu0', entry: 's04_vcpu', args: [] },
    { name: 'vmm', entry: 's04_vmm', args: [] },
  ],
  invariants: [
    'attr-match-at-install',
    'attr-read-after-seq',
    'seq-recheck-under-lock',
    'leaf-pfn-stable',
    'unmap-before-convert',
    'no-install-while-invalidating',
    'end-bumps-seq-first',
    'invalidate-balanced',
    'spurious-exit-ok-stale-map-not',
    'snp-assign-before-map',
  ],
  words: ['kvm_mem_is_private', 'mmu_invalidate_seq', 'KVM_SET_MEMORY_ATTRIBUTES', 'fault_is_private', 'UPM'],
  faults: 0,
  mutations: [
    {
      title: 'The attribute is compared before the sequence is sampled',
      breaks: ['attr-read-after-seq', 'attr-match-at-install'],
    },
    { title: 'The comparison is gone', breaks: ['attr-read-after-seq', 'attr-match-at-install'] },
    { title: 'The attributes are stored before the old kind is unmapped', breaks: ['unmap-before-convert'] },
    { title: 'The end lowers in_progress before it bumps the sequence', breaks: ['end-bumps-seq-first'] },
  ],
};
