/** Mutations that are bugs which the kernel had: S19, S27, S29, S30, S51, S53, S59 and S60. */

import { at, edit, type Mutation, mutation } from './mutation';

const memslots: Mutation[] = [
  mutation(
    'memslots with a guest_memfd may be read-only',
    edit(
      'kvm_main.c',
      '	if (kvm_arch_has_readonly_mem(kvm) &&\n	    !(mem->flags & KVM_MEM_GUEST_MEMFD))',
      '	if (kvm_arch_has_readonly_mem(kvm))',
    ),
    at('S30', 'sw-protected', 'gmem-slot-restricted', 0),
  ),
  mutation(
    'a memslot may lose its guest_memfd',
    edit('kvm_main.c', '(KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD)', 'KVM_MEM_READONLY'),
    at('S30', 'sw-protected', 'kernel-warning', 0),
    at('S30', 'tdx', 'kernel-warning', 0),
  ),
  mutation(
    'a binding that could be stored in part is left behind',
    edit('guest_memfd.c', '	if (r)\n		xa_store_range(&f->bindings, start, end - 1, NULL, GFP_KERNEL);\n', ''),
    at('S27', 'sw-protected', 'memory-safety', 0),
  ),
  mutation(
    'a dying file is unbound without the invalidate lock',
    [
      edit(
        'guest_memfd.c',
        '	filemap_invalidate_lock(file->f_mapping);\n	xa_store_range(&f->bindings, start, end - 1, NULL, GFP_KERNEL);',
        '	CLASS(gmem_get_file, live)(slot);\n	if (live)\n		filemap_invalidate_lock(file->f_mapping);\n	xa_store_range(&f->bindings, start, end - 1, NULL, GFP_KERNEL);',
      ),
      edit(
        'guest_memfd.c',
        '	filemap_invalidate_unlock(file->f_mapping);\n}',
        '	if (live)\n		filemap_invalidate_unlock(file->f_mapping);\n}',
      ),
    ],
    at('S59', 'sw-protected', 'memory-safety', 2),
  ),
];

const faults: Mutation[] = [
  mutation(
    'an invalid memslot is taken for none',
    edit(
      'mmu.c',
      '		if (fault->prefetch)\n			return -EAGAIN;\n\n		return RET_PF_RETRY;\n',
      '		return kvm_handle_noslot_fault(vcpu, fault, access);\n',
    ),
    at('S51', 'sw-protected', 'kernel-warning'),
    at('S51', 'tdx', 'kernel-warning'),
  ),
  mutation(
    'faults are not held off while a range is zapped',
    [
      edit(
        'mmu.c',
        '	kvm_mmu_invalidate_start(kvm);\n\n	kvm_mmu_invalidate_range_add(kvm, gfn_start, gfn_end);\n\n	flush = kvm_rmap',
        '	flush = kvm_rmap',
      ),
      edit(
        'mmu.c',
        '		kvm_flush_remote_tlbs_range(kvm, gfn_start, gfn_end - gfn_start);\n\n	kvm_mmu_invalidate_end(kvm);\n',
        '		kvm_flush_remote_tlbs_range(kvm, gfn_start, gfn_end - gfn_start);\n',
      ),
    ],
    at('S29', 'default', 'no-install-while-invalidating', 0),
  ),
];

const guests: Mutation[] = [
  mutation(
    'the build of a TD and its finalization take different locks',
    [
      edit(
        'tdx.c',
        '	CLASS(tdx_vm_state_guard, guard)(kvm);\n	if (IS_ERR(guard))\n		return PTR_ERR(guard);\n\n	switch',
        '	guard(mutex)(&kvm->lock);\n\n	switch',
      ),
      edit(
        'tdx.c',
        '	CLASS(tdx_vm_state_guard, guard)(kvm);\n	if (IS_ERR(guard))\n		return PTR_ERR(guard);\n\n	if (!is_hkid',
        '	guard(mutex)(&kvm->slots_lock);\n\n	if (!is_hkid',
      ),
    ],
    at('S60', 'tdx', 'kernel-bug'),
  ),
  mutation(
    'a page that could not be assigned counts as one that was',
    edit(
      'sev.c',
      'not assigned, error %d\\n", gfn, pfn, rc);\n		return -EINVAL;',
      'not assigned, error %d\\n", gfn, pfn, rc);\n		return 0;',
    ),
    at('S53', 'snp', 'snp-assign-before-map', 0),
  ),
];

export const history: Readonly<Record<string, readonly Mutation[]>> = {
  'bugs of the past, of memslots': memslots,
  'bugs of the past, of faults and zaps': faults,
  'bugs of the past, of confidential guests': guests,
};
