/**
 * Mutations of the reference KVM: what a wrong patch would do to it, one per way in which a scenario
 * of domain.md section 6 can go wrong. Each names the situations in which it must be found.
 */

import { at, edit, type Mutation, mutation } from './mutation';
import { dirty } from './mutations-dirty';
import { gmem } from './mutations-gmem';
import { history } from './mutations-history';
import { huge } from './mutations-huge';
import { later } from './mutations-later';
import { memory } from './mutations-memory';
import { named } from './mutations-named';
import { smm } from './mutations-smm';
import { snp } from './mutations-snp';

const QUIRK = `bool zap_all = kvm->arch.vm_type == KVM_X86_DEFAULT_VM &&
		       kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);`;
const FAST_ZAP_FOR_ALL = edit('mmu.c', QUIRK, 'bool zap_all = kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);');
const BOTH_FILTERS = '		.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,\n';

const slotDeletion: Mutation[] = [
  mutation(
    'memslot deletion zaps direct roots only, for every VM type',
    FAST_ZAP_FOR_ALL,
    at('S02', 'tdx', 'slot-delete-leaves-nothing mapping-has-binding unmap-before-free'),
  ),
  mutation(
    'memslot deletion unmaps shared memory only',
    edit('mmu.c', BOTH_FILTERS, '		.attr_filter = KVM_FILTER_SHARED,\n'),
    at('S02', 'tdx', 'slot-delete-leaves-nothing mapping-has-binding unmap-before-free', 0),
  ),
  mutation(
    'memslot deletion forgets the filter',
    edit('mmu.c', BOTH_FILTERS, ''),
    at('S02', 'tdx', 'slot-delete-leaves-nothing unmap-before-free filter-selects-right-roots kernel-warning', 0),
    at('S36', 'tdx', 'filter-selects-right-roots kernel-warning', 0),
  ),
];

const COMPARE = `	/* Reading the attribute after the snapshot: a change from here on makes the fault stale. */
	if (fault->is_private != kvm_mem_is_private(kvm, fault->gfn)) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}

`;
const SNAPSHOT = `	fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;
	smp_rmb();

`;

const conversion: Mutation[] = [
  mutation(
    'a fault compares its kind before it takes the snapshot',
    edit('mmu.c', SNAPSHOT + COMPARE, COMPARE + SNAPSHOT),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S04', vm, 'attr-read-after-seq attr-match-at-install')),
  ),
  mutation(
    'a fault does not compare its kind at all',
    edit('mmu.c', COMPARE, ''),
    at('S04', 'sw-protected', 'attr-read-after-seq attr-match-at-install'),
  ),
  mutation(
    'attributes are stored before the old kind is unmapped',
    [
      edit(
        'kvm_main.c',
        '	kvm_handle_gfn_range(kvm, &pre_set_range);\n\n	for (i = start; i < end; i++) {\n',
        '	for (i = start; i < end; i++) {\n',
      ),
      edit(
        'kvm_main.c',
        '	kvm_handle_gfn_range(kvm, &post_set_range);\n',
        '	kvm_handle_gfn_range(kvm, &pre_set_range);\n	kvm_handle_gfn_range(kvm, &post_set_range);\n',
      ),
    ],
    at('S04', 'sw-protected', 'unmap-before-convert', 0),
    at('S10', 'tdx', 'unmap-before-convert', 0),
  ),
  mutation(
    'an invalidation ends before it bumps the sequence',
    edit(
      'kvm_main.c',
      '	kvm->mmu_invalidate_seq++;\n	smp_wmb();\n	kvm->mmu_invalidate_in_progress--;\n',
      '	kvm->mmu_invalidate_in_progress--;\n	smp_wmb();\n	kvm->mmu_invalidate_seq++;\n',
    ),
    at('S04', 'sw-protected', 'end-bumps-seq-first', 0),
  ),
  mutation(
    'a conversion unmaps the new kind',
    edit(
      'mmu.c',
      '		range->attr_filter = KVM_FILTER_SHARED;\n	else\n		range->attr_filter = KVM_FILTER_PRIVATE;\n',
      '		range->attr_filter = KVM_FILTER_PRIVATE;\n	else\n		range->attr_filter = KVM_FILTER_SHARED;\n',
    ),
    at('S36', 'tdx', 'unmap-before-convert', 0),
  ),
];

const STALE = `	return fault->slot &&
	       mmu_invalidate_retry_gfn(vcpu->kvm, fault->mmu_seq, fault->gfn);`;
const START = '	kvm_gmem_invalidate_start(inode, start, end);\n\n';
const TRUNCATE = '	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);\n\n';
const END = '	kvm_gmem_invalidate_end(inode, start, end);\n\n';

const destruction: Mutation[] = [
  mutation(
    'a fault does not look for an invalidation under mmu_lock',
    edit('mmu.c', STALE, '	return false;'),
    at('S05', 'sw-protected', 'seq-recheck-under-lock unmap-before-free'),
    at('S04', 'sw-protected', 'seq-recheck-under-lock attr-match-at-install'),
    at('S01', 'tdx', 'seq-recheck-under-lock unmap-before-free'),
  ),
  mutation(
    'a hole punch returns with its invalidation open',
    edit('guest_memfd.c', `${TRUNCATE}${END}`, TRUNCATE),
    at('S06', 'tdx', 'invalidate-balanced', 0),
  ),
  mutation(
    'a hole punch frees before it unmaps',
    edit('guest_memfd.c', START + TRUNCATE, TRUNCATE + START),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S06', vm, 'unmap-before-free', 0)),
  ),
  mutation(
    'a hole punch ends its invalidation before it frees',
    edit('guest_memfd.c', TRUNCATE + END, END + TRUNCATE),
    ...(['sw-protected', 'tdx'] as const).map((vm) => at('S06', vm, 'unmap-before-free')),
  ),
  mutation(
    'a notifier does not flush',
    edit(
      'kvm_main.c',
      '		.flush_on_ret = true,\n		.may_block = mmu_notifier_range_blockable(range),\n',
      '		.may_block = mmu_notifier_range_blockable(range),\n',
    ),
    at('S06', 'default', 'flush-before-unlock unmap-before-free'),
  ),
];

const AUG_PATH = `	if (is_mirror_sptep(iter->sptep))
		ret = __tdp_mmu_set_spte_atomic(kvm, iter, FROZEN_SPTE);
	else
		ret = __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);
`;
const HANDLE =
  '	ret = __handle_changed_spte(kvm, sp, iter->gfn, iter->old_spte,\n				    new_spte, iter->level, true);\n';
const RESTORE =
  '		if (ret)\n			__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);\n		else\n			__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);\n';

const mirror: Mutation[] = [
  mutation(
    'a mirror entry is written without being frozen',
    edit('tdp_mmu.c', AUG_PATH, '	ret = __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);\n'),
    at('S01', 'tdx', 'mirror-sept-in-sync freeze-around-seamcall', 0),
    at('S17', 'tdx', 'mirror-sept-in-sync freeze-around-seamcall parent-first-child-last'),
  ),
  mutation(
    'a mirror entry is thawed before the SEAMCALL',
    edit(
      'tdp_mmu.c',
      HANDLE,
      `	if (is_mirror_sptep(iter->sptep))\n		__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);\n${HANDLE}`,
    ),
    at('S01', 'tdx', 'mirror-sept-in-sync freeze-around-seamcall', 0),
  ),
  mutation(
    'a failed installation leaves its entry frozen',
    edit(
      'tdp_mmu.c',
      RESTORE,
      '		if (ret)\n			return ret;\n		else\n			__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);\n',
    ),
    // whoever comes next retries for ever, and so do both where the fault that froze it is tried again
    at('S17', 'tdx', 'frozen-is-transient livelock', 0),
  ),
  mutation(
    'a failed installation is written all the same',
    edit('tdp_mmu.c', RESTORE, '		__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);\n'),
    at('S17', 'tdx', 'shared-failure-rolls-back mirror-sept-in-sync', 0),
  ),
];

const FLAG_ON = '		WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true); \\\n';
const FLAG_OFF = '		WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, false); \\\n';
const RETRY = '		__err = tdh_func(args); \\\n';
const KICK = '		kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE); \\\n';

const removal: Mutation[] = [
  mutation('a removal is tried again without a kick', edit('tdx.c', KICK, ''), at('S10', 'tdx', 'kernel-bug')),
  mutation(
    'the kick after a TRACK does not wait for vCPUs to leave',
    edit(
      'kvm_host.h',
      '#define KVM_REQ_OUTSIDE_GUEST_MODE (KVM_REQUEST_NO_ACTION | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)',
      '#define KVM_REQ_OUTSIDE_GUEST_MODE (KVM_REQUEST_NO_ACTION | KVM_REQUEST_NO_WAKEUP)',
    ),
    at('S11', 'tdx', 'block-track-remove-order seamcall-refused'),
  ),
  mutation(
    'vCPUs may enter while a removal is retried',
    edit('tdx.c', FLAG_ON, ''),
    at('S10', 'tdx', 'no-entry-during-zap-retry', 2),
  ),
  mutation(
    'vCPUs may enter before a removal is retried',
    edit('tdx.c', `${RETRY} \\\n${FLAG_OFF}`, `${FLAG_OFF} \\\n${RETRY}`),
    at('S10', 'tdx', 'no-entry-during-zap-retry', 2),
  ),
  mutation(
    'the removal of a page is not tracked',
    edit('tdx.c', '	tdx_track(kvm);\n', ''),
    at('S12', 'tdx', 'block-track-remove-order kernel-bug', 0),
    at('S02', 'tdx', 'block-track-remove-order', 0),
  ),
  mutation(
    'nobody is kicked after a TRACK',
    edit(
      'tdx.c',
      '	TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n\n	kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);\n',
      '	TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n',
    ),
    at('S12', 'tdx', 'block-track-remove-order'),
    at('S11', 'tdx', 'block-track-remove-order'),
  ),
  mutation(
    'a second TRACK comes before the kick of the first',
    edit(
      'tdx.c',
      '	TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n',
      '	TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n	err = tdh_do_no_vcpus(tdh_mem_track, kvm, &kvm_tdx->td);\n	TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n',
    ),
    at('S11', 'tdx', 'track-then-kick-atomic'),
  ),
  mutation(
    'a removal that the module refuses is taken for done',
    [
      edit('tdx.c', '	tdx_track(kvm);\n', ''),
      edit(
        'tdx.c',
        '	if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_REMOVE, entry, level_state, kvm))\n		return -EIO;\n\n	err = tdh_phymem_page_wbinvd_hkid((u16)kvm_tdx->hkid, pfn);\n	if (TDX_BUG_ON(err, TDH_PHYMEM_PAGE_WBINVD, kvm))\n		return -EIO;\n',
        '',
      ),
    ],
    at('S12', 'tdx', 'block-track-remove-order exclusive-failure-is-fatal unmap-before-free mirror-sept-in-sync', 0),
  ),
];

const others: Mutation[] = [
  mutation(
    'a notifier unmaps private memory too',
    edit(
      'kvm_main.c',
      '			gfn_range.attr_filter = KVM_FILTER_SHARED;\n',
      '			gfn_range.attr_filter = KVM_FILTER_SHARED | KVM_FILTER_PRIVATE;\n',
    ),
    at('S36', 'tdx', 'notifier-shared-only', 0),
  ),
  mutation(
    'memslots are replaced without waiting for notifiers',
    edit('kvm_main.c', '	while (kvm->mn_active_invalidate_count) {\n', '	while (0) {\n'),
    at('S13', 'default', 'mn-vs-memslot-serialised'),
  ),
  mutation(
    'a prefault goes on over a memslot that is being deleted',
    edit('mmu.c', '		if (fault->prefetch)\n			return -EAGAIN;\n', ''),
    at('S14', 'sw-protected', 'livelock'),
  ),
  // Not a mutation of KVM but of the situation: kernel 7.3.4 behaves so until an event or a signal comes.
  mutation(
    'no event ends the local retry of a TD’s private fault after a fast zap',
    edit('scenarios/s21.c', '	vmm_pend_event(0, true);\n', ''),
    at('S21', 'tdx', 'livelock'),
  ),
  mutation(
    'memory types of a TD follow its devices',
    edit('tdx.c', '	kvm->arch.disabled_quirks |= KVM_X86_QUIRK_IGNORE_GUEST_PAT;\n', ''),
    at('S29', 'tdx', 'no-zap-gfn-range-on-td accepted-data-preserved'),
  ),
  mutation(
    'the exit of the mm zaps all roots',
    edit('tdp_mmu.c', '					   KVM_DIRECT_ROOTS | KVM_INVALID_ROOTS)', '					   KVM_ALL_ROOTS)'),
    at('S20', 'tdx', 'notifier-shared-only', 0),
  ),
  mutation(
    'an unmap visits valid roots only',
    edit(
      'tdp_mmu.c',
      '	types = kvm_gfn_range_filter_to_root_types(kvm, range->attr_filter) | KVM_INVALID_ROOTS;\n\n	__for_each',
      '	types = kvm_gfn_range_filter_to_root_types(kvm, range->attr_filter);\n\n	__for_each',
    ),
    at('S33', 'default', 'unmap-covers-invalid-roots unmap-before-free'),
  ),
  mutation(
    'private and shared are swapped',
    edit(
      'tdp_mmu.h',
      '		ret |= KVM_MIRROR_ROOTS;\n	if (process & KVM_FILTER_SHARED)\n		ret |= KVM_DIRECT_ROOTS;\n',
      '		ret |= KVM_DIRECT_ROOTS;\n	if (process & KVM_FILTER_SHARED)\n		ret |= KVM_MIRROR_ROOTS;\n',
    ),
    at('S36', 'tdx', 'notifier-shared-only td-zap-only-requested unmap-before-free', 0),
  ),
];

/** By the part of KVM that they are about. */
export const mutations: Readonly<Record<string, readonly Mutation[]>> = {
  'memslot deletion': slotDeletion,
  conversion,
  'hole punch and reclaim': destruction,
  'mirror and S-EPT': mirror,
  'removal of private pages': removal,
  others,
  ...later,
  ...memory,
  ...gmem,
  ...huge,
  ...history,
  'pages and VMSAs of SNP guests': snp,
  'address spaces': smm,
  'the log of dirty pages': dirty,
  'what domain.md names': named,
};
