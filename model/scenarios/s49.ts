/** S49: dirty pages of a huge page are logged for a while. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S49',
  name: 'dirty-logging-of-huge-page',
  title: 'Dirty pages of a huge page are logged for a while',
  description:
    'User space turns dirty logging on for a memslot that is mapped by a huge page, and off again: the page is split under the read lock, write-protected, and put together again, while a vCPU writes to it.',
  vm: ['default'],
  source:
    'domain.md 2.10; kvm_mmu_slot_apply_flags(), kvm_mmu_slot_try_split_huge_pages(), kvm_mmu_recover_huge_pages()',
  assumption: null,
  driver: 's49.c',
  setup: 's49_setup',
  threads: [
    { name: 'vcpu0', entry: 's49_vcpu', args: [] },
    { name: 'vmm', entry: 's49_vmm', args: [] },
  ],
  invariants: ['pt-page-rcu-freed', 'flush-before-unlock', 'leaf-pfn-stable'],
  words: [
    'kvm_mmu_slot_try_split_huge_pages',
    'kvm_tdp_mmu_try_split_huge_pages',
    'tdp_mmu_split_huge_page',
    'make_small_spte',
    'kvm_mmu_slot_apply_flags',
    'eager_page_split',
  ],
  faults: 0,
  mutations: [
    { title: 'Tables are removed for huge pages without a flush', breaks: ['pt-page-rcu-freed'] },
    { title: 'A split maps the same page over and over', breaks: ['flush-before-unlock'] },
  ],
};
