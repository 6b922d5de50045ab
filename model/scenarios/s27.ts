/** S27: a memslot is bound to a guest_memfd. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S27',
  name: 'bind-window',
  title: 'A memslot is bound to a guest_memfd in which a hole is punched',
  description:
    'User space creates a memslot over a page of a guest_memfd, while another of its threads punches the page out and runs a vCPU, which faults on it. Faults find the memslot when it is bound, and a hole punch finds it when it can be unmapped. If memory gives out half-way, no binding is left.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md S27; kvm_set_memslot(), kvm_gmem_commit_memory_region(); commit 3fe5d2944e5a',
  assumption: null,
  driver: 's27.c',
  setup: 's27_setup',
  threads: [
    { name: 'vcpu0', entry: 's27_vcpu', args: [] },
    { name: 'vmm', entry: 's27_vmm', args: [] },
  ],
  invariants: ['gmem-binding-safe', 'mapping-has-binding', 'invalidate-balanced'],
  words: ['kvm_gmem_bind', 'kvm_gmem_prepare_memory_region', 'kvm_gmem_commit_memory_region', 'kvm_create_memslot'],
  faults: 1,
  mutations: [
    { title: 'A memslot is bound before its metadata are there', breaks: ['gmem-binding-safe'] },
    { title: 'A binding that could be stored in part is left behind', breaks: ['memory-safety'] },
    { title: 'A memslot is bound after faults can find it', breaks: ['gmem-binding-safe'] },
  ],
};
