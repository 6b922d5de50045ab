/** S36: each unmap touches the trees that it names. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S36',
  name: 'filter-table',
  title: 'Each unmap touches the trees that it names',
  description:
    'One thread runs the sources of unmaps one after the other on a VM that has private and shared memory mapped: reclaim, conversions both ways, hole punch, the fast zap, slot deletion. Each takes away exactly what it names.',
  vm: ['default', 'sw-protected', 'tdx'],
  source: 'domain.md S36; kvm_gfn_range_filter_to_root_types()',
  assumption: null,
  driver: 's36.c',
  setup: 's36_setup',
  threads: [{ name: 'vmm', entry: 's36_vmm', args: [] }],
  invariants: [
    'filter-selects-right-roots',
    'notifier-shared-only',
    'td-zap-only-requested',
    'fast-zap-spares-mirror',
    'slot-delete-leaves-nothing',
    'unmap-before-convert',
  ],
  words: ['attr_filter', 'KVM_FILTER_PRIVATE', 'KVM_FILTER_SHARED', 'kvm_gfn_range_filter_to_root_types'],
  faults: 0,
  mutations: [
    {
      title: 'Private and shared are swapped in kvm_gfn_range_filter_to_root_types()',
      breaks: ['td-zap-only-requested', 'notifier-shared-only', 'unmap-before-convert'],
    },
    { title: 'A range has no filter', breaks: ['filter-selects-right-roots', 'kernel-warning'] },
  ],
};
