/** Changes that change nothing, as edits of the reference KVM: each in the manner of a clean-up patch. */

import type { ReferenceEdit } from './make-patch';

export interface Harmless {
  readonly title: string;
  readonly edits: readonly ReferenceEdit[];
}

const one = (title: string, file: string, ...changes: ReferenceEdit['changes'][number][]): Harmless => ({
  title,
  edits: [{ file, changes }],
});

export const harmless: readonly Harmless[] = [
  one('a condition of a macro that is a loop, turned around', 'tdp_iter.h', {
    from: `kvm_gfn_root_bits(kvm, root)); \\
	     iter.valid && iter.gfn < end;`,
    to: `kvm_gfn_root_bits(kvm, root)); \\
	     iter.valid && end > iter.gfn;`,
  }),
  one(
    'rename a local',
    'mmu.c',
    {
      from: `	bool flush;

	if (WARN_ON_ONCE(gfn_end <= gfn_start))
		return;

	guard(srcu)(&kvm->srcu);`,
      to: `	bool need_flush;

	if (WARN_ON_ONCE(gfn_end <= gfn_start))
		return;

	guard(srcu)(&kvm->srcu);`,
    },
    {
      from: `	flush = kvm_rmap_zap_gfn_range(kvm, gfn_start, gfn_end);

	if (tdp_mmu_enabled)
		flush = kvm_tdp_mmu_zap_leafs(kvm, gfn_start, gfn_end, flush);

	if (flush)
		kvm_flush_remote_tlbs_range`,
      to: `	need_flush = kvm_rmap_zap_gfn_range(kvm, gfn_start, gfn_end);

	if (tdp_mmu_enabled)
		need_flush = kvm_tdp_mmu_zap_leafs(kvm, gfn_start, gfn_end, need_flush);

	if (need_flush)
		kvm_flush_remote_tlbs_range`,
    },
  ),
  one('reorder initialisers', 'mmu.c', {
    from: `		.start = slot->base_gfn,
		.end = slot->base_gfn + slot->npages,
		.may_block = true,
		.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,
	};
	bool zap_all`,
    to: `		.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,
		.start = slot->base_gfn,
		.end = slot->base_gfn + slot->npages,
		.may_block = true,
	};
	bool zap_all`,
  }),
  one('add a comment', 'guest_memfd.c', {
    from: '	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);\n\n	kvm_gmem_invalidate_end',
    to: '	/* Nothing maps these pages any more. */\n	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);\n\n	kvm_gmem_invalidate_end',
  }),
  one('invert an if', 'mmu.c', {
    from: `	if (zap_all) {
		__kvm_mmu_zap_all_fast_front_half(kvm);
	} else {
		flush = kvm_unmap_gfn_range(kvm, &range);
		kvm_mmu_zap_memslot_pages_and_flush(kvm, slot, flush);
	}
`,
    to: `	if (!zap_all) {
		flush = kvm_unmap_gfn_range(kvm, &range);
		kvm_mmu_zap_memslot_pages_and_flush(kvm, slot, flush);
	} else {
		__kvm_mmu_zap_all_fast_front_half(kvm);
	}
`,
  }),
  one('extract a helper', 'guest_memfd.c', {
    from: `static long kvm_gmem_punch_hole(struct inode *inode, loff_t offset, loff_t len)
{
	pgoff_t start = offset >> PAGE_SHIFT;
	pgoff_t end = (offset + len) >> PAGE_SHIFT;
`,
    to: `static pgoff_t kvm_gmem_end_index(loff_t offset, loff_t len)
{
	return (offset + len) >> PAGE_SHIFT;
}

static long kvm_gmem_punch_hole(struct inode *inode, loff_t offset, loff_t len)
{
	pgoff_t start = offset >> PAGE_SHIFT;
	pgoff_t end = kvm_gmem_end_index(offset, len);
`,
  }),
  one(
    'give a condition a name',
    'mmu.c',
    {
      from: `	if (fault->is_private != kvm_mem_is_private(kvm, fault->gfn)) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}

	if (unlikely(!slot))`,
      to: `	mismatch = fault->is_private != kvm_mem_is_private(kvm, fault->gfn);
	if (mismatch) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}

	if (unlikely(!slot))`,
    },
    {
      from: `	struct kvm_memory_slot *slot = fault->slot;
	struct kvm *kvm = vcpu->kvm;
	int ret;

	if (KVM_BUG_ON(kvm_is_gfn_alias`,
      to: `	struct kvm_memory_slot *slot = fault->slot;
	struct kvm *kvm = vcpu->kvm;
	bool mismatch;
	int ret;

	if (KVM_BUG_ON(kvm_is_gfn_alias`,
    },
  ),
  one('use a switch of two arms for an if and else', 'tdp_mmu.c', {
    from: `	if (is_mirror_sptep(iter->sptep))
		ret = __tdp_mmu_set_spte_atomic(kvm, iter, FROZEN_SPTE);
	else
		ret = __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);
	if (ret)`,
    to: `	ret = __tdp_mmu_set_spte_atomic(kvm, iter,
					is_mirror_sptep(iter->sptep) ? FROZEN_SPTE : new_spte);
	if (ret)`,
  }),
  one('hoist a repeated test', 'tdp_mmu.c', {
    from: `	if (is_mirror_sptep(iter->sptep)) {
		if (ret)
			__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);
		else
			__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);
	} else {`,
    to: `	if (is_mirror_sptep(iter->sptep)) {
		__kvm_tdp_mmu_write_spte(iter->sptep, ret ? iter->old_spte : new_spte);
	} else {`,
  }),
  one('return early', 'tdp_mmu.h', {
    from: `	if (process & KVM_FILTER_PRIVATE)
		ret |= KVM_MIRROR_ROOTS;
	if (process & KVM_FILTER_SHARED)
		ret |= KVM_DIRECT_ROOTS;
`,
    to: `	if (process & KVM_FILTER_SHARED)
		ret |= KVM_DIRECT_ROOTS;
	if (process & KVM_FILTER_PRIVATE)
		ret |= KVM_MIRROR_ROOTS;
`,
  }),
  one('split a declaration from its value', 'guest_memfd.c', {
    from: `	pgoff_t start = offset >> PAGE_SHIFT;
	pgoff_t end = (offset + len) >> PAGE_SHIFT;

	/* Bindings`,
    to: `	pgoff_t start, end;

	start = offset >> PAGE_SHIFT;
	end = (offset + len) >> PAGE_SHIFT;

	/* Bindings`,
  }),
];
