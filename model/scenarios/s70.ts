/** S70: two memslots in one guest_memfd, at other places than their gfns say. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S70',
  name: 'holes-across-bindings',
  title: 'Holes are punched across two memslots of one guest_memfd',
  description:
    'Two memslots are bound to one guest_memfd, the lower one to its end. User space punches a hole over the end of the one, then over its beginning and the end of the other, and once more when the other memslot is gone. KVM unmaps the gfns of those pages and no others.',
  vm: ['sw-protected', 'tdx', 'snp'],
  source: 'domain.md S06 and 1.9; __kvm_gmem_invalidate_start(), kvm_gmem_bind(), kvm_gmem_unbind()',
  assumption: null,
  driver: 's70.c',
  setup: 's70_setup',
  threads: [{ name: 'vmm', entry: 's70_vmm', args: [] }],
  invariants: ['unmap-before-free', 'gmem-binding-safe', 'td-zap-only-requested'],
  words: ['__kvm_gmem_invalidate_start', 'kvm_gmem_bind', 'kvm_gmem_unbind', 'kvm_gmem_get_index', 'pgoff', 'base_gfn'],
  faults: 0,
  mutations: [
    { title: 'A hole ends where its length says', breaks: ['unmap-before-free'] },
    { title: 'Indices of the file are taken for those of the memslot', breaks: ['unmap-before-free'] },
    { title: 'A memslot that goes takes its neighbour’s binding along', breaks: ['unmap-before-free'] },
  ],
};
