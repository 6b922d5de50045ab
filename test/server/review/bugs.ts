/** Bugs of the kinds that the seeds are about, as edits of the reference KVM. */

import type { ReferenceEdit } from './make-patch';

export interface Bug {
  readonly title: string;
  readonly seed: string;
  readonly edits: readonly ReferenceEdit[];
  /** At least one of these is introduced. */
  readonly breaks: readonly string[];
  /** Part of a changed line on which the finding may sit. */
  readonly at: readonly string[];
  /** Scenarios that show it, to keep the test short; null: all that the change reaches. */
  readonly scenario: readonly string[] | null;
  /** VM types that the finding names, among others. */
  readonly vm?: readonly string[];
}

const SNAPSHOT = `	fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;
	smp_rmb();
`;
const COMPARE = `	if (fault->is_private != kvm_mem_is_private(kvm, fault->gfn)) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}
`;

export const bugs: readonly Bug[] = [
  {
    title: 'a macro with statements: retry a busy SEAMCALL with vCPUs inside',
    seed: 'none',
    edits: [
      {
        file: 'tdx.c',
        changes: [{ from: '\t\tkvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE); \\\n', to: '' }],
      },
    ],
    breaks: ['kernel-bug', 'unmap-before-free'],
    at: ['KVM_REQ_OUTSIDE_GUEST_MODE'],
    scenario: ['S01'],
  },
  {
    title: 'a macro that is a loop: stop one entry early',
    seed: 'none',
    edits: [
      {
        file: 'tdp_iter.h',
        changes: [
          {
            from: '(&iter, root, min_level, start, kvm_gfn_root_bits(kvm, root)); \\\n\t     iter.valid && iter.gfn < end;',
            to: '(&iter, root, min_level, start, kvm_gfn_root_bits(kvm, root)); \\\n\t     iter.valid && iter.gfn + 1 < end;',
          },
        ],
      },
    ],
    breaks: ['kernel-warning', 'livelock'],
    at: ['iter.gfn < end', 'iter.gfn + 1 < end'],
    scenario: ['S01'],
  },
  {
    title: 'compare the attribute before the snapshot',
    seed: '001',
    edits: [
      {
        file: 'mmu.c',
        changes: [
          { from: SNAPSHOT, to: '' },
          { from: COMPARE, to: `${COMPARE}\n${SNAPSHOT}` },
        ],
      },
    ],
    breaks: ['attr-read-after-seq', 'attr-match-at-install'],
    at: ['mmu_seq', 'smp_rmb', 'is_private', 'prepare_memory_fault_exit', 'EFAULT'],
    scenario: ['S04', 'S05'],
    vm: ['sw-protected', 'snp', 'tdx'],
  },
  {
    title: 'truncate before unmapping',
    seed: '002',
    edits: [
      {
        file: 'guest_memfd.c',
        changes: [
          {
            from: `	kvm_gmem_invalidate_start(inode, start, end);

	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);
`,
            to: `	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);

	kvm_gmem_invalidate_start(inode, start, end);
`,
          },
        ],
      },
    ],
    breaks: ['unmap-before-free'],
    at: ['truncate_inode_pages_range', 'kvm_gmem_invalidate_start'],
    scenario: ['S02', 'S06'],
  },
  {
    title: 'convert without unmapping first',
    seed: '002',
    edits: [
      {
        file: 'kvm_main.c',
        changes: [
          { from: '	kvm_handle_gfn_range(kvm, &pre_set_range);\n\n', to: '' },
          {
            from: '	kvm_handle_gfn_range(kvm, &post_set_range);\n\n',
            to: '	kvm_handle_gfn_range(kvm, &pre_set_range);\n	kvm_handle_gfn_range(kvm, &post_set_range);\n\n',
          },
        ],
      },
    ],
    breaks: ['unmap-before-convert'],
    at: ['pre_set_range', 'post_set_range'],
    scenario: ['S04', 'S05', 'S10'],
  },
  {
    title: 'do not freeze the mirror entry around the SEAMCALL',
    seed: '003',
    edits: [
      {
        file: 'tdp_mmu.c',
        changes: [
          {
            from: '		ret = __tdp_mmu_set_spte_atomic(kvm, iter, FROZEN_SPTE);',
            to: '		ret = __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);',
          },
        ],
      },
    ],
    breaks: ['freeze-around-seamcall', 'mirror-sept-in-sync', 'parent-first-child-last'],
    at: ['__tdp_mmu_set_spte_atomic'],
    scenario: ['S01', 'S17'],
  },
  {
    title: 'unfreeze before the SEAMCALL',
    seed: '003',
    edits: [
      {
        file: 'tdp_mmu.c',
        changes: [
          {
            from: `	ret = __handle_changed_spte(kvm, sp, iter->gfn, iter->old_spte,
				    new_spte, iter->level, true);

`,
            to: `	if (is_mirror_sptep(iter->sptep))
		__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);
	ret = __handle_changed_spte(kvm, sp, iter->gfn, iter->old_spte,
				    new_spte, iter->level, true);

`,
          },
        ],
      },
    ],
    breaks: ['freeze-around-seamcall', 'mirror-sept-in-sync', 'parent-first-child-last'],
    at: ['is_mirror_sptep', '__kvm_tdp_mmu_write_spte'],
    scenario: ['S01', 'S17'],
  },
  {
    title: 'zap the range on every conversion',
    seed: '004',
    edits: [
      {
        file: 'kvm_main.c',
        changes: [
          {
            from: `	kvm_handle_gfn_range(kvm, &post_set_range);

`,
            to: `	kvm_handle_gfn_range(kvm, &post_set_range);
	kvm_zap_gfn_range(kvm, 0, KVM_MEM_MAX_NR_PAGES);

`,
          },
        ],
      },
    ],
    breaks: ['no-zap-gfn-range-on-td'],
    at: ['kvm_zap_gfn_range'],
    scenario: ['S04', 'S05', 'S10'],
  },
  {
    title: 'zap only shared mappings when a memslot goes',
    seed: '000',
    edits: [
      {
        file: 'mmu.c',
        changes: [
          {
            from: '		.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,\n	};\n	bool zap_all',
            to: '		.attr_filter = KVM_FILTER_SHARED,\n	};\n	bool zap_all',
          },
        ],
      },
    ],
    breaks: ['slot-delete-leaves-nothing'],
    at: ['attr_filter'],
    scenario: ['S02', 'S03'],
  },
  {
    title: 'fast zap for every VM type',
    seed: '000',
    edits: [
      {
        file: 'mmu.c',
        changes: [
          {
            from: `	bool zap_all = kvm->arch.vm_type == KVM_X86_DEFAULT_VM &&
		       kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);
	bool flush;`,
            to: `	bool zap_all = kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);
	bool flush;`,
          },
        ],
      },
    ],
    breaks: ['slot-delete-leaves-nothing'],
    at: ['zap_all'],
    scenario: ['S02', 'S03'],
  },
  {
    title: 'take the snapshot after the page was found',
    seed: '002',
    edits: [
      {
        file: 'mmu.c',
        changes: [
          {
            from: `	ret = __kvm_mmu_faultin_pfn(vcpu, fault);
	if (ret != RET_PF_CONTINUE)
		return ret;

	if (unlikely(is_error_pfn(fault->pfn)))`,
            to: `	ret = __kvm_mmu_faultin_pfn(vcpu, fault);
	if (ret != RET_PF_CONTINUE)
		return ret;

	fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;

	if (unlikely(is_error_pfn(fault->pfn)))`,
          },
        ],
      },
    ],
    breaks: ['seq-recheck-under-lock', 'unmap-before-free', 'attr-read-after-seq', 'attr-match-at-install'],
    at: ['mmu_seq'],
    scenario: ['S04', 'S05', 'S06'],
  },
  {
    title: 'do not look for an invalidation when a VMSA is reloaded',
    seed: '002',
    edits: [
      {
        file: 'sev.c',
        changes: [
          {
            from: `	if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn))
		kvm_make_request(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);
	else
		svm->vmcb`,
            to: `	svm->vmcb`,
          },
        ],
      },
    ],
    breaks: ['snp-vmsa-tracks-memory'],
    at: ['mmu_invalidate_retry_gfn', 'KVM_REQ_VMSA_PAGE_RELOAD', 'else', 'vmsa_pa'],
    scenario: ['S23'],
    vm: ['snp'],
  },
  {
    title: 'leave pages of a hole to the guest',
    seed: '002',
    edits: [
      {
        file: 'sev.c',
        changes: [
          {
            from: '		rc = rmp_make_shared(pfn, use_2m_update ? PG_LEVEL_2M : PG_LEVEL_4K);\n',
            to: '		rc = 0;\n',
          },
        ],
      },
    ],
    breaks: ['snp-unassign-before-free'],
    at: ['rmp_make_shared', 'rc = 0'],
    scenario: ['S06'],
    vm: ['snp'],
  },
];
