/** S21: all direct roots are replaced under running vCPUs. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S21',
  name: 'fast-zap-on-live-vm',
  title: 'All direct roots are replaced under running vCPUs',
  description:
    'The nx_huge_pages parameter is toggled, so all direct roots are invalidated and zapped while a vCPU uses shared memory and faults on private memory. A TD gets a new shared tree and keeps its mirror; an ordinary VM’s fault is late, and only its root tells it so.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S21; kvm_mmu_zap_all_fast()',
  assumption: null,
  driver: 's21.c',
  setup: 's21_setup',
  threads: [
    { name: 'vcpu0', entry: 's21_vcpu', args: [] },
    { name: 'vmm', entry: 's21_vmm', args: [] },
  ],
  invariants: [
    'fast-zap-spares-mirror',
    'td-root-immutable',
    'root-refcount-sound',
    'seq-recheck-under-lock',
    'pt-page-rcu-freed',
    'flush-before-unlock',
  ],
  words: ['kvm_mmu_zap_all_fast', 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS', 'kvm_mmu_reload', 'mirror_root_hpa'],
  faults: 0,
  mutations: [
    { title: 'The mirror root is invalidated too', breaks: ['fast-zap-spares-mirror'] },
    { title: 'A fault does not ask whether its root is obsolete', breaks: ['seq-recheck-under-lock'] },
  ],
};
