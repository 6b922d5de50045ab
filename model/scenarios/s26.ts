/** S26: the last close of a guest_memfd meets a slot deletion. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S26',
  name: 'release-unbind',
  title: 'The last close of a guest_memfd meets a slot deletion',
  description:
    'The last descriptor of a guest_memfd is closed while the memslot bound to it is deleted and a vCPU faults on its memory. Binding and file go once, in whatever order.',
  vm: ['sw-protected', 'tdx'],
  source: 'domain.md S26; kvm_gmem_release(), kvm_gmem_unbind()',
  assumption: null,
  driver: 's26.c',
  setup: 's26_setup',
  threads: [
    { name: 'vcpu0', entry: 's26_vcpu', args: [] },
    { name: 'close', entry: 's26_close', args: [] },
    { name: 'vmm', entry: 's26_vmm', args: [] },
  ],
  invariants: ['gmem-binding-safe', 'slot-delete-leaves-nothing'],
  words: ['kvm_gmem_release', 'kvm_gmem_unbind', 'struct gmem_file'],
  faults: 0,
  mutations: [{ title: 'The binding of a dying file is left alone', breaks: ['gmem-binding-safe', 'memory-safety'] }],
};
