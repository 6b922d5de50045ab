/** Mutations for what KVM does with huge pages: the NX worker, conversions of a part, dirty logging. */

import { at, edit, type Mutation, mutation } from './mutation';

const FLUSH = '	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);\n\n	rcu_read_unlock();\n';

const nxRecovery: Mutation[] = [
  mutation(
    'the RCU section of the worker ends before its flush',
    edit('mmu.c', FLUSH, '	rcu_read_unlock();\n\n	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);\n'),
    at('S15', 'default', 'pt-page-rcu-freed'),
  ),
  mutation(
    'the worker does not flush what it has zapped',
    edit(
      'mmu.c',
      'flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
      'kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);',
    ),
    at('S15', 'default', 'flush-before-unlock pt-page-rcu-freed', 0),
    at('S63', 'default', 'flush-before-unlock unmap-before-free'),
  ),
  mutation(
    'entries of a removed table that map nothing are left as they are',
    edit(
      'tdp_mmu.c',
      'u64 old_spte;\n\n		if (shared) {',
      'u64 old_spte;\n\n		if (!is_shadow_present_pte(kvm_tdp_mmu_read_spte(sptep)))\n			continue;\n\n		if (shared) {',
    ),
    at('S15', 'default', 'freed-table-maps-nothing', 2),
  ),
  mutation(
    'a removed table is freed at once',
    edit(
      'tdp_mmu.c',
      '	call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);\n',
      '	tdp_mmu_free_sp_rcu_callback(&sp->rcu_head);\n',
    ),
    at('S15', 'default', 'pt-page-rcu-freed', 0),
  ),
  mutation(
    'the worker remembers of the last table only that a flush is due',
    edit('mmu.c', 'flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(', 'flush = kvm_tdp_mmu_zap_possible_nx_huge_page('),
    at('S73', 'default', 'pt-page-rcu-freed'),
  ),
];

const HEAD =
  '				if (hugepage_has_attrs(kvm, slot, gfn, level, attrs))\n					hugepage_clear_mixed(slot, gfn, level);\n				else\n					hugepage_set_mixed(slot, gfn, level);\n';

const conversion: Mutation[] = [
  mutation(
    'the head of a range is never marked as mixed',
    edit(
      'mmu.c',
      HEAD,
      '				if (hugepage_has_attrs(kvm, slot, gfn, level, attrs))\n					hugepage_clear_mixed(slot, gfn, level);\n',
    ),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S46', vm, 'huge-leaf-uniform attr-match-at-install', 0)),
  ),
  mutation(
    'the rest of a huge page is not invalidated with a part of it',
    edit('mmu.c', '			kvm_mmu_invalidate_range_add(kvm, start, start + nr_pages);\n', '			(void)nr_pages;\n'),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S46', vm, 'huge-leaf-uniform')),
  ),
  mutation(
    'the last gfn of a huge page is not invalidated with a part of it',
    edit(
      'mmu.c',
      'kvm_mmu_invalidate_range_add(kvm, start, start + nr_pages);',
      'kvm_mmu_invalidate_range_add(kvm, start, start + nr_pages - 1);',
    ),
    at('S46', 'sw-protected', 'huge-leaf-uniform no-install-while-invalidating'),
  ),
  mutation(
    'the huge page in which a range ends is not invalidated whole',
    edit(
      'mmu.c',
      'kvm_mmu_invalidate_range_add(kvm, end, end + nr_pages);',
      'kvm_mmu_invalidate_range_add(kvm, end, end + nr_pages - 1);',
    ),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S65', vm, 'huge-leaf-uniform')),
  ),
  mutation(
    'faults take the level of the host’s mapping for theirs',
    edit('mmu.c', '		if (!linfo->disallow_lpage)\n			break;\n', '		(void)linfo;\n		break;\n'),
    at('S46', 'sw-protected', 'huge-leaf-uniform', 0),
  ),
  mutation(
    'an unmap leaves huge pages that only begin before its range',
    edit(
      'tdp_mmu.c',
      '		    !is_last_spte(iter.old_spte, iter.level))\n			continue;\n\n		tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);\n',
      '		    !is_last_spte(iter.old_spte, iter.level) || iter.level > PG_LEVEL_4K)\n			continue;\n\n		tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);\n',
    ),
    at('S46', 'tdx', 'huge-leaf-uniform unmap-before-convert', 0),
  ),
];

const dirtyLogging: Mutation[] = [
  mutation(
    'tables are replaced by huge pages without a flush',
    edit(
      'tdp_mmu.c',
      '	if (flush)\n		kvm_flush_remote_tlbs_memslot(kvm, slot);\n\n	rcu_read_unlock();\n',
      '	rcu_read_unlock();\n',
    ),
    at('S49', 'default', 'pt-page-rcu-freed', 2),
  ),
  mutation(
    'a split maps the same page over and over',
    edit(
      'tdp_mmu.c',
      '		sp->spt[i] = make_small_spte(kvm, huge_spte, sp->role, i);',
      '		sp->spt[i] = make_small_spte(kvm, huge_spte, sp->role, 0);',
    ),
    at('S49', 'default', 'flush-before-unlock'),
  ),
  mutation(
    'huge pages are put together whatever the VMM has',
    edit('tdp_mmu.c', '		if (max_mapping_level < iter.level)\n			continue;\n', '		(void)max_mapping_level;\n'),
    at('S50', 'default', 'unmap-before-free', 0),
  ),
];

/** By the part of KVM that they are about. */
export const huge: Readonly<Record<string, readonly Mutation[]>> = {
  'NX recovery': nxRecovery,
  'conversion of a part of a huge page': conversion,
  'dirty logging of huge pages': dirtyLogging,
};
