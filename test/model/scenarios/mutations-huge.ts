/** Mutations for what KVM does with huge pages: the NX worker, conversions of a part, dirty logging. */

import { at, edit, type Mutation } from './mutation';

const FLUSH = '	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);\n\n	rcu_read_unlock();\n';

const nxRecovery: Mutation[] = [
  {
    title: 'the RCU section of the worker ends before its flush',
    edits: [
      edit('mmu.c', FLUSH, '	rcu_read_unlock();\n\n	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);\n'),
    ],
    found: [at('S15', 'default', 'pt-page-rcu-freed')],
  },
  {
    title: 'the worker does not flush what it has zapped',
    edits: [
      edit(
        'mmu.c',
        'flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
        'kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
      ),
    ],
    found: [at('S15', 'default', 'flush-before-unlock pt-page-rcu-freed', 0)],
  },
  {
    title: 'a removed table is freed at once',
    edits: [
      edit(
        'tdp_mmu.c',
        '	call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);\n',
        '	tdp_mmu_free_sp_rcu_callback(&sp->rcu_head);\n',
      ),
    ],
    found: [at('S15', 'default', 'pt-page-rcu-freed', 0)],
  },
];

/** By the part of KVM that they are about. */
export const huge: Readonly<Record<string, readonly Mutation[]>> = {
  'NX recovery': nxRecovery,
};
