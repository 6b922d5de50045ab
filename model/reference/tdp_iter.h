/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading, writing and walking the entries of a TDP MMU root. */
#ifndef __KVM_X86_MMU_TDP_ITER_H
#define __KVM_X86_MMU_TDP_ITER_H

#include "mmu.h"
#include "spte.h"

/* Entries change under readers (mmu_lock shared, the CPU itself), so every access is a marked one. */
static inline u64 kvm_tdp_mmu_read_spte(tdp_ptep_t sptep)
{
	return READ_ONCE(*rcu_dereference(sptep));
}

static inline u64 kvm_tdp_mmu_write_spte_atomic(tdp_ptep_t sptep, u64 new_spte)
{
	KVM_MMU_WARN_ON(is_ept_ve_possible(new_spte));
	return xchg(rcu_dereference(sptep), new_spte);
}

static inline u64 tdp_mmu_clear_spte_bits_atomic(tdp_ptep_t sptep, u64 mask)
{
	return __fetch_and(rcu_dereference(sptep), ~mask);
}

static inline void __kvm_tdp_mmu_write_spte(tdp_ptep_t sptep, u64 new_spte)
{
	KVM_MMU_WARN_ON(is_ept_ve_possible(new_spte));
	WRITE_ONCE(*rcu_dereference(sptep), new_spte);
}

/* Only leaves lose bits when a plain write races the CPU or the fast fault path. */
static inline bool kvm_tdp_mmu_spte_need_atomic_update(u64 old_spte, int level)
{
	return is_shadow_present_pte(old_spte) &&
	       is_last_spte(old_spte, level) &&
	       spte_needs_atomic_update(old_spte);
}

static inline u64 kvm_tdp_mmu_write_spte(tdp_ptep_t sptep, u64 old_spte,
					 u64 new_spte, int level)
{
	if (kvm_tdp_mmu_spte_need_atomic_update(old_spte, level))
		return kvm_tdp_mmu_write_spte_atomic(sptep, new_spte);

	__kvm_tdp_mmu_write_spte(sptep, new_spte);
	return old_spte;
}

static inline u64 tdp_mmu_clear_spte_bits(tdp_ptep_t sptep, u64 old_spte,
					  u64 mask, int level)
{
	if (kvm_tdp_mmu_spte_need_atomic_update(old_spte, level))
		return tdp_mmu_clear_spte_bits_atomic(sptep, mask);

	__kvm_tdp_mmu_write_spte(sptep, old_spte & ~mask);
	return old_spte;
}

/* Where a pre-order walk stands. */
struct tdp_iter {
	/* the gfn that the walk has to reach, and the one at which it last gave way */
	gfn_t next_last_level_gfn;
	gfn_t yielded_gfn;
	/* the table of each level on the way down, [level - 1] */
	tdp_ptep_t pt_path[PT64_ROOT_MAX_LEVEL];
	tdp_ptep_t sptep;
	/* lowest gfn that the current entry covers, without the root's bits */
	gfn_t gfn;
	gfn_t gfn_bits;
	int root_level;
	int min_level;
	int level;
	int as_id;
	/* the entry as it was read last */
	u64 old_spte;
	bool valid;
	/* mmu_lock was dropped: nothing read before may be used */
	bool yielded;
};

#define for_each_tdp_pte_min_level(iter, kvm, root, min_level, start, end) \
	for (tdp_iter_start(&iter, root, min_level, start, kvm_gfn_root_bits(kvm, root)); \
	     iter.valid && iter.gfn < end; \
	     tdp_iter_next(&iter))

#define for_each_tdp_pte_min_level_all(iter, root, min_level) \
	for (tdp_iter_start(&iter, root, min_level, 0, 0); \
	     iter.valid && iter.gfn < tdp_mmu_max_gfn_exclusive(); \
	     tdp_iter_next(&iter))

#define for_each_tdp_pte(iter, kvm, root, start, end) \
	for_each_tdp_pte_min_level(iter, kvm, root, PG_LEVEL_4K, start, end)

tdp_ptep_t spte_to_child_pt(u64 pte, int level);

void tdp_iter_start(struct tdp_iter *iter, struct kvm_mmu_page *root,
		    int min_level, gfn_t next_last_level_gfn, gfn_t gfn_bits);
void tdp_iter_next(struct tdp_iter *iter);
void tdp_iter_restart(struct tdp_iter *iter);

#endif
