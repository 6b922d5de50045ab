/** S45: a page of a guest_memfd fails. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S45',
  name: 'memory-error',
  title: 'A page of a guest_memfd fails',
  description:
    'The hardware reports an error in a private page. KVM unmaps it, and user space deletes the memslot and punches its pages out of the file, while a vCPU uses the page beside it. No invalidation stays open, and no binding is left behind.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md 2.4; kvm_gmem_error_folio(), kvm_gmem_unbind()',
  assumption: null,
  driver: 's45.c',
  setup: 's45_setup',
  threads: [
    { name: 'vcpu0', entry: 's45_vcpu', args: [] },
    { name: 'vmm', entry: 's45_vmm', args: [] },
  ],
  invariants: ['invalidate-balanced', 'gmem-binding-safe', 'unmap-before-free'],
  words: ['kvm_gmem_error_folio', 'hwpoison', 'kvm_gmem_unbind', 'EHWPOISON'],
  faults: 0,
  mutations: [{ title: 'The invalidation for a memory error stays open', breaks: ['invalidate-balanced'] }],
};
