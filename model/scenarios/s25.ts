/** S25: a large entry of the RMP is split by several at once. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S25',
  name: 'rmp-split',
  title: 'A large entry of the RMP is split by several at once',
  description:
    'Pages of an SNP guest share one 2 MiB entry of the RMP and are mapped page by page. A vCPU faults on one of them, which splits the entry, while user space punches a hole over another, which splits it, too. Whoever comes second finds nothing left to split.',
  vm: ['snp'],
  source: 'domain.md S25; sev_handle_rmp_fault(), sev_gmem_make_shared()',
  assumption:
    'guest_memfd has a folio that sev_gmem_make_private() (before 7.3: sev_gmem_prepare()) assigns as one, for sev_handle_rmp_fault(), snp_rmptable_psmash(), sev_gmem_make_shared() (sev_gmem_invalidate()), sev_gmem_max_mapping_level() and is_large_rmp_possible() to deal with.',
  driver: 's25.c',
  setup: 's25_setup',
  threads: [
    { name: 'vcpu0', entry: 's25_vcpu', args: [] },
    { name: 'vmm', entry: 's25_vmm', args: [] },
  ],
  invariants: ['snp-unmap-before-rmpchange', 'snp-unassign-before-free', 'snp-assign-before-map'],
  words: ['sev_handle_rmp_fault', 'snp_rmptable_psmash', 'psmash', 'PSMASH_FAIL_INUSE', 'sev_gmem_make_shared'],
  faults: 1,
  mutations: [
    { title: 'A page is taken back without splitting its entry', breaks: ['snp-unmap-before-rmpchange'] },
    {
      title: 'A split does not wait for another CPU at the entry',
      breaks: ['snp-unmap-before-rmpchange', 'kernel-warning'],
    },
    { title: 'A fault takes a race for a bug', breaks: ['kernel-bug'] },
  ],
};
