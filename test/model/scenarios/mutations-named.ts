/**
 * Mutations that domain.md names in section 6 and no other list has for both tiers. Their texts stand in the
 * reference and in kernel 7.3 alike, and each is tried on both. `named.ts` says where each named mutation is shown.
 */

import { at, edit, type Mutation, mutation } from './mutation';

const QUIRK = `bool zap_all = kvm->arch.vm_type == KVM_X86_DEFAULT_VM &&
		       kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);`;
const FAST_ZAP_FOR_ALL = edit('mmu.c', QUIRK, 'bool zap_all = kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);');
const FAST_ZAP_OF_MIRROR = edit(
  'mmu.c',
  'kvm_tdp_mmu_invalidate_roots(kvm, KVM_DIRECT_ROOTS);',
  'kvm_tdp_mmu_invalidate_roots(kvm, KVM_VALID_ROOTS);',
);
const unmapFrom = (start: string, end: string): string =>
  `\t\t.start = ${start},\n\t\t.end = ${end},\n\t\t.may_block = true,\n\t\t.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,`;
const SLOT_RANGE = unmapFrom('slot->base_gfn', 'slot->base_gfn + slot->npages');

const slots: readonly Mutation[] = [
  mutation(
    'a fast zap deletes every memslot, and takes the mirror root along',
    [FAST_ZAP_FOR_ALL, FAST_ZAP_OF_MIRROR],
    at('S02', 'tdx', 'fast-zap-spares-mirror'),
    at('S03', 'tdx', 'fast-zap-spares-mirror td-zap-only-requested'),
  ),
  mutation(
    'a memslot’s deletion unmaps the whole root',
    edit('mmu.c', SLOT_RANGE, unmapFrom('0', '~0ULL')),
    at('S03', 'tdx', 'td-zap-only-requested accepted-data-preserved'),
  ),
  mutation(
    'a memslot’s deletion unmaps the table from its start',
    edit('mmu.c', SLOT_RANGE, unmapFrom('0', 'slot->base_gfn + slot->npages')),
    at('S03', 'tdx', 'td-zap-only-requested accepted-data-preserved'),
  ),
  mutation(
    'a fast zap of a live TD takes the mirror root along',
    FAST_ZAP_OF_MIRROR,
    at('S21', 'tdx', 'fast-zap-spares-mirror'),
  ),
  mutation(
    'a fast zap asks nobody for new roots',
    edit(
      'mmu.c',
      '	kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);\n\n	kvm_zap_obsolete_pages(kvm);',
      '	kvm_zap_obsolete_pages(kvm);',
    ),
    at('S21', 'default', 'pt-page-rcu-freed livelock'),
    at('S21', 'tdx', 'pt-page-rcu-freed livelock'),
  ),
  mutation(
    'invalid roots are left when the memslot is gone',
    edit('mmu.c', '	if (zap_all)\n		__kvm_mmu_zap_all_fast_back_half(kvm);', ''),
    at('S02', 'default', 'slot-delete-leaves-nothing unmap-before-free', 0),
  ),
  // Not at all would be 0 for ever, which KVM takes for a wrap: it zaps everything.
  mutation(
    'the generation of memslots is bumped only while it is 0',
    edit(
      'kvm_main.c',
      '	gen += kvm_arch_nr_memslot_as_ids(kvm);\n',
      '	if (!gen)\n		gen += kvm_arch_nr_memslot_as_ids(kvm);\n',
    ),
    at('S24', 'default', 'mmio-where-no-slot', 0),
  ),
];

const notifiers: readonly Mutation[] = [
  mutation(
    'an unmap yields whether it may block or not',
    edit('tdp_mmu.c', 'range->may_block, flush);', 'true, flush);'),
    at('S68', 'default', 'lock-rule', 0),
    at('S68', 'tdx', 'lock-rule', 0),
  ),
  mutation(
    'an unmap waits for a vCPU',
    edit(
      'mmu.c',
      'bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)\n{\n	bool flush = false;\n',
      'bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)\n{\n	bool flush = false;\n\n	mutex_lock(&kvm_get_vcpu(kvm, 0)->mutex);\n	mutex_unlock(&kvm_get_vcpu(kvm, 0)->mutex);\n',
    ),
    at('S13', 'default', 'lock-rule', 0),
  ),
  mutation(
    'an invalidation is over before the sequence says so',
    [
      edit('kvm_main.c', 'kvm->mmu_invalidate_in_progress--;', 'kvm->mmu_invalidate_seq++;'),
      edit(
        'kvm_main.c',
        'kvm->mmu_invalidate_seq++;\n	smp_wmb();',
        'kvm->mmu_invalidate_in_progress--;\n	smp_wmb();',
      ),
    ],
    at('S34', 'default', 'end-bumps-seq-first memory-safety', 2),
  ),
  mutation(
    'the exit of the VMM frees the roots',
    edit(
      'mmu.c',
      'void kvm_arch_flush_shadow_all(struct kvm *kvm)\n{\n	kvm_mmu_zap_all(kvm);',
      'void kvm_arch_flush_shadow_all(struct kvm *kvm)\n{\n	kvm_mmu_zap_all(kvm);\n	kvm_mmu_uninit_tdp_mmu(kvm);',
    ),
    at('S20', 'tdx', 'notifier-shared-only fast-zap-spares-mirror kernel-warning'),
    at('S20', 'default', 'kernel-warning lock-rule'),
  ),
];

const gmem: readonly Mutation[] = [
  mutation(
    'a hole punch flushes when it has dropped mmu_lock',
    edit(
      'guest_memfd.c',
      '	if (flush)\n		kvm_flush_remote_tlbs(kvm);\n\n	if (found_memslot)\n		KVM_MMU_UNLOCK(kvm);\n',
      '	if (found_memslot)\n		KVM_MMU_UNLOCK(kvm);\n\n	if (flush)\n		kvm_flush_remote_tlbs(kvm);\n',
    ),
    at('S06', 'sw-protected', 'flush-before-unlock'),
  ),
  mutation(
    'a hole is filled again under what still maps the old page',
    edit('guest_memfd.c', '		flush |= kvm_mmu_unmap_gfn_range(kvm, &gfn_range);\n', ''),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S37', vm, 'unmap-before-free kernel-warning', 0)),
  ),
  mutation(
    'a dying file stays bound',
    edit(
      'guest_memfd.c',
      'struct file *file = slot->gmem.file;\n	unsigned long start',
      'CLASS(gmem_get_file, file)(slot);\n	unsigned long start',
    ),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S26', vm, 'memory-safety')),
  ),
  mutation(
    'the host unmaps a private page and moves it',
    edit(
      'guest_memfd.c',
      '	WARN_ON_ONCE(1);\n	return -EINVAL;\n}\n\nstatic int kvm_gmem_error_folio',
      `	pgoff_t index = src->index;
	int r;

	kvm_gmem_invalidate_start(mapping->host, index, index + 1);
	r = filemap_migrate_folio(mapping, dst, src, mode);
	kvm_gmem_invalidate_end(mapping->host, index, index + 1);
	return r;
}

static int kvm_gmem_error_folio`,
    ),
    at('S08', 'snp', 'private-pages-not-migrated snp-unassign-before-free', 0),
    at('S08', 'tdx', 'private-pages-not-migrated td-zap-only-requested accepted-data-preserved', 0),
  ),
];

const tdx: readonly Mutation[] = [
  mutation(
    'vCPUs are never let in again after a removal met BUSY',
    edit(
      'tdx.c',
      'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, false);',
      'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);',
    ),
    at('S10', 'tdx', 'livelock'),
  ),
  mutation(
    'mmu_lock is dropped before a removal is tried again',
    edit(
      'tdx.c',
      'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);',
      'write_unlock(&kvm->mmu_lock); write_lock(&kvm->mmu_lock); WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);',
    ),
    at('S10', 'tdx', 'busy-handled-in-place'),
  ),
  mutation(
    'the local retry of a private fault goes on over an invalid memslot',
    edit('tdx.c', 'if (slot && slot->flags & KVM_MEMSLOT_INVALID)', 'if (0)'),
    at('S14', 'tdx', 'livelock'),
  ),
  mutation(
    'the NX worker reaches the mirror tree',
    [
      edit('tdx.c', '		exit_qual = EPT_VIOLATION_ACC_WRITE;\n', '		exit_qual = EPT_VIOLATION_ACC_INSTR;\n'),
      edit(
        'tdp_mmu.c',
        '		if (fault->huge_page_disallowed &&\n		    fault->req_level >= iter.level) {',
        '		if (fault->huge_page_disallowed) {',
      ),
    ],
    at('S16', 'tdx', 'nx-recovery-skips-mirror private-remove-exclusive td-zap-only-requested kernel-bug', 0),
  ),
  mutation(
    'a table is freed though it was linked',
    edit(
      'tdp_mmu.c',
      '	tdp_account_mmu_page(kvm, sp);\n\n	return 0;\n',
      '	tdp_account_mmu_page(kvm, sp);\n\n	return is_mirror_sp(sp) ? -EBUSY : 0;\n',
    ),
    at('S17', 'tdx', 'pt-page-rcu-freed td-nonleaf-immortal', 0),
  ),
  mutation(
    'prefaults are allowed before the TD counts as runnable, and vCPUs not held off',
    [
      edit(
        'tdx.c',
        '	CLASS(tdx_vm_state_guard, guard)(kvm);\n	if (IS_ERR(guard))\n		return PTR_ERR(guard);\n\n	switch',
        '	guard(mutex)(&kvm->lock);\n\n	switch',
      ),
      edit('tdx.c', '	kvm_tdx->state = TD_STATE_RUNNABLE;\n', '	kvm->arch.pre_fault_allowed = true;\n'),
      edit(
        'tdx.c',
        'smp_wmb();\n	kvm->arch.pre_fault_allowed = true;',
        'smp_wmb();\n	kvm_tdx->state = TD_STATE_RUNNABLE;',
      ),
    ],
    at('S39', 'tdx', 'kernel-bug lock-rule'),
  ),
  mutation(
    'the build of a TD holds nobody off',
    edit(
      'tdx.c',
      '	CLASS(tdx_vm_state_guard, guard)(kvm);\n	if (IS_ERR(guard))\n		return PTR_ERR(guard);\n\n	if (!is_hkid',
      '	if (!is_hkid',
    ),
    at('S31', 'tdx', 'add-before-final-aug-after lock-rule'),
    at('S60', 'tdx', 'add-before-final-aug-after kernel-bug'),
  ),
  mutation(
    'the key is released as soon as user space has closed the VM',
    edit(
      'kvm_main.c',
      'void kvm_put_kvm(struct kvm *kvm)\n{\n',
      'void kvm_put_kvm(struct kvm *kvm)\n{\n	kvm_x86_call(vm_pre_destroy)(kvm);\n',
    ),
    at('S19', 'tdx', 'hkid-release-order kernel-bug', 0),
  ),
  mutation(
    'the key is never released',
    edit(
      'tdx.c',
      'void tdx_mmu_release_hkid(struct kvm *kvm)\n{\n',
      'void tdx_mmu_release_hkid(struct kvm *kvm)\n{\n	if (kvm)\n		return;\n',
    ),
    at('S19', 'tdx', 'kernel-bug', 0),
  ),
  mutation(
    'roots are zapped with mmu_lock for read at the end of a TD',
    edit(
      'tdp_mmu.c',
      'kvm_tdp_mmu_zap_invalidated_roots(kvm, false);',
      'kvm_tdp_mmu_zap_invalidated_roots(kvm, true);',
    ),
    at('S19', 'tdx', 'private-remove-exclusive', 0),
  ),
];

export const named: readonly Mutation[] = [...slots, ...notifiers, ...gmem, ...tdx];
