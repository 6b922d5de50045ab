/** Mutations about what happens to the VMM's own memory, and about memory that there is not enough of. */

import { at, edit, type Mutation, mutation } from './mutation';

const ageing: Mutation[] = [
  mutation(
    'an entry that was not accessed is zapped without a flush',
    edit(
      'tdp_mmu.c',
      '		if (!root->role.invalid)\n			flush = true;',
      '		if (!root->role.invalid && is_accessed_spte(iter.old_spte))\n			flush = true;',
    ),
    at('S69', 'default', 'unmap-before-free'),
  ),
  mutation(
    'ageing writes its entry whatever stands there now',
    edit(
      'tdp_mmu.c',
      '	if (__tdp_mmu_set_spte_atomic(kvm, iter, new_spte))\n		return;\n',
      '	__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);\n',
    ),
    at('S69', 'default', 'unmap-before-free'),
  ),
  mutation(
    'pages of the mirror are aged as well',
    edit(
      'tdp_mmu.c',
      '	types = kvm_gfn_range_filter_to_root_types(kvm, range->attr_filter);\n',
      '	types = KVM_VALID_ROOTS;\n',
    ),
    at('S69', 'tdx', 'kernel-warning', 0),
  ),
];

const RANGE_START = '			.start = slot->base_gfn + max(pgoff, start) - pgoff,';
const RANGE_END = '			.end = slot->base_gfn + min(pgoff + slot->npages, end) - pgoff,';
const UNBIND = '	filemap_invalidate_lock(file->f_mapping);\n	xa_store_range(&f->bindings, start, end - 1, NULL,';

const holes: Mutation[] = [
  mutation(
    'a hole ends where its length says',
    edit('guest_memfd.c', RANGE_END, '			.end = slot->base_gfn + min(slot->npages, end - start),'),
    at('S70', 'sw-protected', 'unmap-before-free', 0),
    at('S70', 'tdx', 'unmap-before-free', 0),
  ),
  mutation(
    'indices of the file are taken for those of the memslot',
    edit('guest_memfd.c', RANGE_START, '			.start = slot->base_gfn + (start > pgoff ? start : 0),'),
    at('S70', 'sw-protected', 'unmap-before-free', 0),
    at('S70', 'snp', 'snp-unmap-before-rmpchange unmap-before-free', 0),
  ),
  mutation(
    'a memslot that goes takes its neighbour’s binding along',
    edit('guest_memfd.c', UNBIND, UNBIND.replace('end - 1', 'end')),
    at('S70', 'sw-protected', 'unmap-before-free', 0),
  ),
];

const exit: Mutation[] = [
  mutation(
    'the exit of the mm spares invalid roots',
    edit('tdp_mmu.c', '					   KVM_DIRECT_ROOTS | KVM_INVALID_ROOTS)', '					   KVM_DIRECT_ROOTS)'),
    at('S71', 'default', 'unmap-before-free'),
  ),
];

const RESERVATION = `		r = xa_reserve(&kvm->mem_attr_array, i, GFP_KERNEL_ACCOUNT);
		if (r)
			goto out_unlock;
`;

const shortage: Mutation[] = [
  mutation(
    'a failed split keeps its reference to the root',
    edit('tdp_mmu.c', '			kvm_tdp_mmu_put_root(kvm, root);\n			break;\n', '			break;\n'),
    at('S72', 'default', 'kernel-warning', 0),
  ),
  mutation(
    'a conversion that fails on the way leaves its invalidation open',
    [
      edit('kvm_main.c', RESERVATION, ''),
      edit(
        'kvm_main.c',
        '		KVM_BUG_ON(r, kvm);\n		cond_resched();',
        '		if (r)\n			goto out_unlock;\n		cond_resched();',
      ),
    ],
    at('S72', 'sw-protected', 'invalidate-balanced livelock', 0),
    at('S72', 'tdx', 'invalidate-balanced livelock', 0),
  ),
  mutation(
    'memory for a conversion is not reserved',
    edit('kvm_main.c', RESERVATION, ''),
    at('S72', 'sw-protected', 'kernel-bug', 0),
  ),
];

/** By the part of KVM that they are about. */
export const memory: Readonly<Record<string, readonly Mutation[]>> = {
  ageing,
  'memory that gives out': shortage,
  'exit of the VMM': exit,
  'holes in a guest_memfd': holes,
};
