/** Edits that change no behaviour, of the same trial as the bugs of bugs-trial.ts. */
import type { Edit } from './edit';
import { ALL, GMEM, MMU, PRIVATE, SEV, TDP_MMU, TDX } from './places';

export const trialEdits: readonly Edit[] = [
  {
    id: 'e49-populate-attributes-first',
    title: 'KVM: guest_memfd: Check attributes before looking up the folio to populate',
    file: GMEM,
    function: '__kvm_gmem_populate',
    changes: [
      {
        find: `if (!kvm_range_has_memory_attributes(kvm, gfn, gfn + 1, KVM_MEMORY_ATTRIBUTE_PRIVATE,
          KVM_MEMORY_ATTRIBUTE_PRIVATE)) { ret = -EINVAL; goto out_put_folio; }`,
        replace: '',
      },
      {
        find: 'filemap_invalidate_lock(file->f_mapping);',
        replace: `/* Attributes can't change, the caller holds slots_lock. */
	if (!kvm_range_has_memory_attributes(kvm, gfn, gfn + 1,
					     KVM_MEMORY_ATTRIBUTE_PRIVATE,
					     KVM_MEMORY_ATTRIBUTE_PRIVATE))
		return -EINVAL;

	filemap_invalidate_lock(file->f_mapping);`,
      },
      { find: 'out_put_folio:', replace: '' },
    ],
    breaks: [],
    vm: ['tdx', 'snp'],
  },
  {
    id: 'e50-snapshot-with-the-fault',
    title: 'KVM: x86/mmu: Take the invalidation snapshot when a fault is built',
    file: MMU,
    function: 'kvm_mmu_faultin_pfn',
    changes: [
      { find: 'fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;', replace: '' },
      {
        in: 'kvm_mmu_do_page_fault',
        find: '.pfn = KVM_PFN_ERR_FAULT,',
        replace: '.mmu_seq = READ_ONCE(vcpu->kvm->mmu_invalidate_seq),\n\t\t.pfn = KVM_PFN_ERR_FAULT,',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e51-last-huge-page-recomputed',
    title: 'KVM: x86/mmu: Treat the last hugepage of an attribute change as a tail',
    file: MMU,
    function: 'kvm_arch_post_set_memory_attributes',
    changes: [{ find: 'gfn + nr_pages <= range->end', replace: 'gfn + nr_pages < range->end' }],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e52-private-filter-of-gmem-slots',
    title: 'KVM: x86/mmu: Zap private mappings only of memslots that can have them',
    file: MMU,
    function: 'kvm_arch_flush_shadow_memslot',
    changes: [
      {
        find: '.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,',
        replace: `.attr_filter = KVM_FILTER_SHARED |
			       (kvm_slot_has_gmem(slot) ? KVM_FILTER_PRIVATE : 0),`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e53-files-walked-by-hand',
    title: 'KVM: guest_memfd: Print what is invalidated, for each file',
    file: GMEM,
    function: 'kvm_gmem_invalidate_start',
    changes: [
      {
        find: 'kvm_gmem_for_each_file(f, inode) __kvm_gmem_invalidate_start(f, start, end, attr_filter);',
        replace: `for (f = list_first_entry(head, struct gmem_file, entry);
	     !list_entry_is_head(f, head, entry);
	     f = list_next_entry(f, entry)) {
		pr_debug("gmem: invalidate %lx-%lx\\n", start, end);
		__kvm_gmem_invalidate_start(f, start, end, attr_filter);
	}`,
      },
      {
        find: 'struct gmem_file *f;',
        replace: 'struct list_head *head = &GMEM_I(inode)->gmem_file_list;\n\tstruct gmem_file *f;',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e54-aug-single-exit',
    title: 'KVM: TDX: Give tdx_mem_page_aug() a single exit',
    file: TDX,
    function: 'tdx_mem_page_aug',
    changes: [
      {
        find: `if (unlikely(tdx_operand_busy(err))) return -EBUSY;
          if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_AUG, entry, level_state, kvm)) return -EIO; return 0;`,
        replace: `if (unlikely(tdx_operand_busy(err)))
		ret = -EBUSY;
	else if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_AUG, entry, level_state, kvm))
		ret = -EIO;
	else
		ret = 0;

	return ret;`,
      },
      { find: 'u64 err;', replace: 'u64 err;\n\tint ret;' },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e55-page-fault-scoped-guard',
    title: 'KVM: x86/mmu: Use scoped_guard() in kvm_tdp_mmu_page_fault()',
    file: MMU,
    function: 'kvm_tdp_mmu_page_fault',
    changes: [
      {
        find: `r = RET_PF_RETRY; read_lock(&vcpu->kvm->mmu_lock); if (is_page_fault_stale(vcpu, fault)) goto out_unlock;
          r = kvm_tdp_mmu_map(vcpu, fault); out_unlock: kvm_mmu_finish_page_fault(vcpu, fault, r);
          read_unlock(&vcpu->kvm->mmu_lock);`,
        replace: `scoped_guard(read_lock, &vcpu->kvm->mmu_lock) {
		if (!is_page_fault_stale(vcpu, fault))
			r = kvm_tdp_mmu_map(vcpu, fault);
		else
			r = RET_PF_RETRY;

		kvm_mmu_finish_page_fault(vcpu, fault, r);
	}
`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e56-flag-beside-the-state',
    title: 'KVM: TDX: Put wait_for_sept_zap beside the state of the TD',
    file: 'arch/x86/kvm/vmx/tdx.h',
    function: 'struct kvm_tdx',
    changes: [
      { find: 'bool wait_for_sept_zap;', replace: '' },
      { find: 'int hkid;', replace: 'int hkid;\n\tbool wait_for_sept_zap;' },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e57-vmsa-range-continue',
    title: 'KVM: SEV: Skip vCPUs whose VMSA is not in the range',
    file: SEV,
    function: 'sev_gmem_invalidate_range',
    changes: [
      {
        find: `if (VALID_PAGE(gpa) && gpa_to_gfn(gpa) >= range->start && gpa_to_gfn(gpa) < range->end)
          kvm_make_request_and_kick`,
        replace: `gfn_t vmsa_gfn;

		if (!VALID_PAGE(gpa))
			continue;

		vmsa_gfn = gpa_to_gfn(gpa);
		if (vmsa_gfn < range->start || vmsa_gfn >= range->end)
			continue;

		kvm_make_request_and_kick`,
      },
    ],
    breaks: [],
    vm: ['snp'],
  },
  {
    id: 'e58-overlap-checked-unlocked',
    title: 'KVM: guest_memfd: Look for overlaps before taking the invalidate lock',
    file: GMEM,
    function: 'kvm_gmem_commit_memory_region',
    changes: [
      {
        find: 'XA_PRESENT)) { filemap_invalidate_unlock(inode->i_mapping); return -EEXIST; }',
        replace: 'XA_PRESENT))\n\t\treturn -EEXIST;\n\n\tfilemap_invalidate_lock(inode->i_mapping);',
      },
      {
        find: 'filemap_invalidate_lock(inode->i_mapping); start =',
        replace: '/* Bindings change only under slots_lock. */\n\tlockdep_assert_held(&kvm->slots_lock);\n\n\tstart =',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e59-made-private-when-new',
    title: 'KVM: guest_memfd: Make folios private once, when they are cleared',
    file: GMEM,
    function: 'kvm_gmem_get_pfn',
    changes: [
      {
        find: `clear_highpage(folio_page(folio, 0)); folio_mark_uptodate(folio); }
#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT
          if (kvm_gmem_is_private_mem(file_inode(file), index))
          r = kvm_arch_gmem_make_private(kvm, gfn, *pfn, (kvm_pfn_t)1 << *max_order);
#endif`,
        replace: `clear_highpage(folio_page(folio, 0));

		/* What the architecture knows of a folio lasts until it is freed. */
#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT
		if (kvm_gmem_is_private_mem(file_inode(file), index))
			r = kvm_arch_gmem_make_private(kvm, gfn, *pfn,
						       (kvm_pfn_t)1 << *max_order);
#endif
		if (!r)
			folio_mark_uptodate(folio);
	}`,
      },
    ],
    breaks: [],
    vm: [...PRIVATE, 'snp'],
  },
  {
    id: 'e60-hole-printed',
    title: 'KVM: guest_memfd: Print if a hole is there already',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        find: 'kvm_gmem_invalidate_start(inode, start, end);',
        replace: `if (!xa_find(&inode->i_mapping->i_pages, &first, end - 1, XA_PRESENT))
		pr_debug("gmem: [%lx, %lx) is a hole already\\n", start, end);

	kvm_gmem_invalidate_start(inode, start, end);`,
      },
      {
        find: 'pgoff_t end = (offset + len) >> PAGE_SHIFT;',
        replace: 'pgoff_t end = (offset + len) >> PAGE_SHIFT;\n\tunsigned long first = start;',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e61-zap-leafs-asserts',
    title: 'KVM: x86/mmu: Assert that the root of a zap is alive, and print it',
    file: TDP_MMU,
    function: 'tdp_mmu_zap_leafs',
    changes: [
      {
        find: 'lockdep_assert_held_write(&kvm->mmu_lock);',
        replace: `lockdep_assert_held_write(&kvm->mmu_lock);
	KVM_MMU_WARN_ON(!is_tdp_mmu_page(root));
	if (WARN_ON_ONCE(!refcount_read(&root->tdp_mmu_root_count)))
		return flush;
	pr_debug("tdp_mmu: zap [%llx, %llx) of root %p (%s)\\n", start, end, root,
		 is_mirror_sp(root) ? "mirror" : "direct");`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
];
