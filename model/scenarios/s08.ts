/** S08: the host moves private memory. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S08',
  name: 'migration',
  title: 'The host moves a page of a guest_memfd',
  description:
    'Memory management wants a private page to lie elsewhere, while a vCPU reads it. Only firmware that has the key could move it: KVM refuses, and the guest finds its data where it was.',
  vm: ['sw-protected', 'snp', 'tdx'],
  source: 'seed 002; domain.md S08; kvm_gmem_migrate_folio()',
  assumption:
    'memory management calls kvm_gmem_migrate_folio() for a page of a guest_memfd, which it is told to leave alone',
  driver: 's08.c',
  setup: 's08_setup',
  threads: [
    { name: 'vcpu0', entry: 's08_vcpu', args: [] },
    { name: 'mm', entry: 's08_mm', args: [] },
  ],
  invariants: ['private-pages-not-migrated'],
  words: ['migrate_folio', 'filemap_migrate_folio', 'mapping_set_unmovable', 'mapping_set_inaccessible'],
  faults: 0,
  mutations: [
    { title: 'The page is copied and freed', breaks: ['private-pages-not-migrated', 'unmap-before-free'] },
    {
      title: 'The page is unmapped, copied and freed',
      breaks: ['private-pages-not-migrated', 'accepted-data-preserved'],
    },
  ],
};
