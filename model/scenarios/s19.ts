/** S19: a VM is destroyed while its file lives on. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S19',
  name: 'teardown',
  title: 'A VM is destroyed while its file lives on',
  description:
    'The VMM closes the VM while another process still holds the guest_memfd, and closes that later. Whoever comes last destroys the VM: private pages leave the TD while its key is assigned, tables after it was released.',
  vm: ['default', 'sw-protected', 'snp', 'tdx'],
  source: 'domain.md S19; kvm_destroy_vm(), tdx_mmu_release_hkid()',
  assumption: null,
  driver: 's19.c',
  setup: 's19_setup',
  threads: [
    { name: 'vmm', entry: 's19_vmm', args: [] },
    { name: 'other', entry: 's19_other', args: [] },
  ],
  invariants: [
    'pt-page-rcu-freed',
    'root-refcount-sound',
    'destroy-notifier-first',
    'hkid-release-order',
    'snp-unassign-before-free',
  ],
  words: ['hkid', 'tdx_mmu_release_hkid', 'tdx_sept_free_private_spt', 'kvm_gmem_release', 'kvm_arch_pre_destroy_vm'],
  faults: 0,
  mutations: [
    { title: 'The key is released before the last file is closed', breaks: ['kernel-bug', 'unmap-before-free'] },
  ],
};
