/** S59: a page fails while its file and its memslot go. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S59',
  name: 'memory-error-in-dying-file',
  title: 'A page fails while its file and its memslot go',
  description:
    'The hardware reports an error in a page of a guest_memfd whose last descriptor is being closed, while the memslot bound to it is deleted. The bindings stay as they are from the start of an invalidation to its end, whoever takes them away.',
  vm: ['sw-protected', 'tdx'],
  source: 'commit 1f3359c873db; virt/kvm/guest_memfd.c, kvm_gmem_unbind() and kvm_gmem_error_folio()',
  assumption: null,
  driver: 's59.c',
  setup: 's59_setup',
  threads: [
    { name: 'mm', entry: 's59_mm', args: [] },
    { name: 'close', entry: 's59_close', args: [] },
    { name: 'vmm', entry: 's59_vmm', args: [] },
  ],
  invariants: ['invalidate-balanced', 'gmem-binding-safe'],
  words: ['kvm_gmem_unbind', 'kvm_gmem_error_folio', 'kvm_gmem_release'],
  faults: 0,
  mutations: [{ title: 'A dying file is unbound without the invalidate lock', breaks: ['invalidate-balanced'] }],
};
