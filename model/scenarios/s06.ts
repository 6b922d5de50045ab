/** S06: a page is freed under a running guest. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S06',
  name: 'unmap-before-free',
  title: 'A page is freed under a running guest',
  description:
    'A vCPU uses a page through its TLB and faults it in again while the page is punched out of its file (or reclaimed, without guest_memfd) and given to another process, which writes it.',
  vm: ['default', 'sw-protected', 'sev', 'sev-es', 'snp', 'tdx'],
  source: 'seed 002; domain.md S06; kvm_gmem_punch_hole()',
  assumption: null,
  driver: 's06.c',
  setup: 's06_setup',
  threads: [
    { name: 'vcpu0', entry: 's06_vcpu', args: [] },
    { name: 'vmm', entry: 's06_vmm', args: [] },
  ],
  invariants: [
    'seq-recheck-under-lock',
    'leaf-pfn-stable',
    'unmap-before-free',
    'no-install-while-invalidating',
    'flush-before-unlock',
    'invalidate-balanced',
    'end-bumps-seq-first',
    'snp-assign-before-map',
    'snp-unassign-before-free',
    'snp-unmap-before-rmpchange',
  ],
  words: ['kvm_gmem_punch_hole', 'PUNCH_HOLE', 'backing-store', 'mmu_notifier', 'memfd_encrypted'],
  faults: 0,
  mutations: [
    { title: 'The page cache is truncated before the invalidation starts', breaks: ['unmap-before-free'] },
    { title: 'The invalidation ends before the page cache is truncated', breaks: ['unmap-before-free'] },
    { title: 'The flush comes after the unlock', breaks: ['flush-before-unlock'] },
  ],
};
