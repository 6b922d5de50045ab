/** S41: roots are made. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S41',
  name: 'first-run',
  title: 'Two vCPUs run for the first time',
  description:
    'Two vCPUs enter KVM_RUN for the first time at once: both look for roots, and one makes them. In the end there is one root of each kind, which both have loaded; the guest of one uses memory.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md 1.5; kvm_mmu_load(), kvm_tdp_mmu_alloc_root()',
  assumption: null,
  driver: 's41.c',
  setup: 's41_setup',
  threads: [
    { name: 'vcpu0', entry: 's41_vcpu', args: [0, 0] },
    { name: 'vcpu1', entry: 's41_vcpu', args: [1, 1] },
  ],
  invariants: ['root-refcount-sound', 'td-root-immutable', 'mirror-sept-in-sync'],
  words: ['kvm_tdp_mmu_alloc_root', 'mirror_root_hpa', 'tdp_mmu_roots', 'tdp_mmu_pages_lock'],
  faults: 0,
  mutations: [{ title: 'Roots are not looked for again under the lock', breaks: ['td-root-immutable'] }],
};
