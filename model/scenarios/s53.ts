/** S53: a page cannot be made private. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S53',
  name: 'page-not-assigned',
  title: 'A page cannot be made private',
  description:
    'A page of an SNP guest is prefaulted and then used. The first update of its entry in the RMP may fail; whoever comes next must not take the page for an assigned one.',
  vm: ['snp'],
  source:
    'commit d04c77d23122; virt/kvm/guest_memfd.c, kvm_gmem_get_pfn(); arch/x86/kvm/svm/sev.c, sev_gmem_make_private()',
  assumption: null,
  driver: 's53.c',
  setup: 's53_setup',
  threads: [{ name: 'vcpu0', entry: 's53_vcpu', args: [] }],
  invariants: ['snp-assign-before-map'],
  words: [
    'sev_gmem_make_private',
    'sev_gmem_prepare',
    'rmp_make_private',
    'kvm_arch_gmem_make_private',
    'kvm_arch_gmem_prepare',
    'kvm_gmem_prepare_folio',
    'folio_mark_uptodate',
  ],
  faults: 1,
  mutations: [{ title: 'A page counts as prepared before it is', breaks: ['snp-assign-before-map'] }],
};
