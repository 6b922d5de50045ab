/** S42: a root is put while roots are walked. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S42',
  name: 'old-root-put',
  title: 'A vCPU lets go of an old root while the roots are walked',
  description:
    'A vCPU drops the last reference to a root that an earlier fast zap has invalidated, while another fast zap walks all roots. The walk passes over the root that is about to be freed.',
  vm: ['default', 'sw-protected'],
  source: 'domain.md 1.5 and S33; kvm_tdp_mmu_get_root(), kvm_tdp_mmu_put_root(), tdp_mmu_next_root()',
  assumption: null,
  driver: 's42.c',
  setup: 's42_setup',
  threads: [
    { name: 'vcpu0', entry: 's42_vcpu', args: [] },
    { name: 'vmm', entry: 's42_vmm', args: [] },
  ],
  invariants: ['root-refcount-sound', 'pt-page-rcu-freed', 'flush-before-unlock'],
  words: ['tdp_mmu_root_count', 'kvm_tdp_mmu_put_root', 'refcount_inc_not_zero'],
  faults: 0,
  mutations: [{ title: 'References are taken without looking whether there is one left', breaks: ['kernel-warning'] }],
};
