/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault path, roots of vCPUs, and the operations on the whole MMU: flushing a memslot, zapping
 * ranges and everything, the hooks of attribute changes. The model has the TDP MMU only; functions of
 * the shadow MMU are left out, or kept as short as a caller's shape needs.
 */
#include "mmu.h"
#include "mmu_internal.h"
#include "tdp_mmu.h"
#include "spte.h"
#include "smm.h"

bool tdp_enabled = true;
bool tdp_mmu_enabled = true;
int nx_huge_pages;
/* split huge pages as soon as dirty ones are to be logged */
bool eager_page_split = true;
static int max_huge_page_level = KVM_MAX_HUGEPAGE_LEVEL;
static int max_tdp_level = PT64_ROOT_MAX_LEVEL;
static struct kmem_cache mmu_page_header_cache_obj = { sizeof(struct kvm_mmu_page) };
struct kmem_cache *mmu_page_header_cache = &mmu_page_header_cache_obj;

/*
 * The shadow MMU's part of functions that serve both MMUs. It has no pages and no reverse maps in this
 * model: its lists are empty, so that these are called with nothing to do.
 */
#define for_each_gfn_valid_sp_with_gptes(_kvm, _sp, _gfn) \
	list_for_each_entry(_sp, &(_kvm)->arch.active_mmu_pages, link) \
		if ((_sp)->gfn != (_gfn)) { \
		} else

static bool __kvm_mmu_prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp,
				       struct list_head *invalid_list,
				       int *nr_zapped)
{
	WARN_ON_ONCE(1);
	return false;
}

static bool kvm_mmu_prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp,
				     struct list_head *invalid_list)
{
	int nr_zapped;

	__kvm_mmu_prepare_zap_page(kvm, sp, invalid_list, &nr_zapped);
	return nr_zapped;
}

static void kvm_mmu_commit_zap_page(struct kvm *kvm,
				    struct list_head *invalid_list)
{
	if (list_empty(invalid_list))
		return;

	kvm_flush_remote_tlbs(kvm);
}

static bool __kvm_rmap_zap_gfn_range(struct kvm *kvm,
				     const struct kvm_memory_slot *slot,
				     gfn_t start, gfn_t end, bool can_yield,
				     bool flush)
{
	return flush;
}

static bool kvm_rmap_age_gfn_range(struct kvm *kvm,
				   struct kvm_gfn_range *range,
				   bool test_only)
{
	return false;
}

static bool kvm_may_have_shadow_mmu_sptes(struct kvm *kvm)
{
	return !tdp_mmu_enabled;
}

static inline bool is_tdp_mmu_active(struct kvm_vcpu *vcpu)
{
	return tdp_mmu_enabled && vcpu->arch.mmu->root_role.direct;
}

static void walk_shadow_page_lockless_begin(struct kvm_vcpu *vcpu)
{
	kvm_tdp_mmu_walk_lockless_begin();
}

static void walk_shadow_page_lockless_end(struct kvm_vcpu *vcpu)
{
	kvm_tdp_mmu_walk_lockless_end();
}

/* Whatever a fault may need under mmu_lock is allocated before. */
static int mmu_topup_memory_caches(struct kvm_vcpu *vcpu, bool maybe_indirect)
{
	int r;

	if (kvm_has_mirrored_tdp(vcpu->kvm)) {
		r = kvm_mmu_topup_memory_cache(&vcpu->arch.mmu_external_spt_cache,
					       PT64_ROOT_MAX_LEVEL);
		if (r)
			return r;
	}
	r = kvm_mmu_topup_memory_cache(&vcpu->arch.mmu_shadow_page_cache,
				       PT64_ROOT_MAX_LEVEL);
	if (r)
		return r;

	return kvm_mmu_topup_memory_cache(&vcpu->arch.mmu_page_header_cache,
					  PT64_ROOT_MAX_LEVEL);
}

static void mmu_free_memory_caches(struct kvm_vcpu *vcpu)
{
	kvm_mmu_free_memory_cache(&vcpu->arch.mmu_shadow_page_cache);
	kvm_mmu_free_memory_cache(&vcpu->arch.mmu_external_spt_cache);
	kvm_mmu_free_memory_cache(&vcpu->arch.mmu_page_header_cache);
}

static struct kvm_lpage_info *lpage_info_slot(gfn_t gfn,
		const struct kvm_memory_slot *slot, int level)
{
	unsigned long idx;

	idx = gfn_to_index(gfn, slot->base_gfn, level);
	return &slot->arch.lpage_info[level - 2][idx];
}

/* A huge page that is private in one part and shared in another. */
#define KVM_LPAGE_MIXED_FLAG BIT(31)

void track_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp,
				 enum kvm_mmu_type mmu_type)
{
	/* recovery takes the oldest first */
	if (!list_empty(&sp->possible_nx_huge_page_link))
		return;

	list_add_tail(&sp->possible_nx_huge_page_link,
		      &kvm->arch.possible_nx_huge_pages);
}

void untrack_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp,
				   enum kvm_mmu_type mmu_type)
{
	if (list_empty(&sp->possible_nx_huge_page_link))
		return;

	list_del_init(&sp->possible_nx_huge_page_link);
}

static void unaccount_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	sp->nx_huge_page_disallowed = false;

	untrack_possible_nx_huge_page(kvm, sp, KVM_TDP_MMU);
}

bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	bool flush = false;

	/*
	 * Faults in flight are turned away by an invalidation that is announced, or were waited for by a
	 * memslot update; one of the two must be the case.
	 */
	lockdep_assert_once(kvm->mmu_invalidate_in_progress ||
			    lockdep_is_held(&kvm->slots_lock));

	if (kvm_memslots_have_rmaps(kvm))
		flush = __kvm_rmap_zap_gfn_range(kvm, range->slot,
						 range->start, range->end,
						 range->may_block, flush);

	if (tdp_mmu_enabled)
		flush = kvm_tdp_mmu_unmap_gfn_range(kvm, range, flush);

	if (range->slot->id == APIC_ACCESS_PAGE_PRIVATE_MEMSLOT)
		kvm_make_all_cpus_request(kvm, KVM_REQ_APIC_PAGE_RELOAD);

	return flush;
}

bool kvm_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	bool young = false;

	if (tdp_mmu_enabled)
		young = kvm_tdp_mmu_age_gfn_range(kvm, range);

	if (kvm_may_have_shadow_mmu_sptes(kvm))
		young |= kvm_rmap_age_gfn_range(kvm, range, false);

	return young;
}

bool kvm_test_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	bool young = false;

	if (tdp_mmu_enabled)
		young = kvm_tdp_mmu_test_age_gfn(kvm, range);

	if (young)
		return young;

	if (kvm_may_have_shadow_mmu_sptes(kvm))
		young |= kvm_rmap_age_gfn_range(kvm, range, true);

	return young;
}

static bool kvm_mmu_remote_flush_or_zap(struct kvm *kvm,
					struct list_head *invalid_list,
					bool remote_flush)
{
	if (!remote_flush && list_empty(invalid_list))
		return false;

	if (!list_empty(invalid_list))
		kvm_mmu_commit_zap_page(kvm, invalid_list);
	else
		kvm_flush_remote_tlbs(kvm);
	return true;
}

static bool is_obsolete_sp(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	if (sp->role.invalid)
		return true;

	/* the generation is the shadow MMU's */
	return !is_tdp_mmu_page(sp) &&
	       unlikely(sp->mmu_valid_gen != kvm->arch.mmu_valid_gen);
}

/* How large the page is that the VMM's memory has there. The notifier's sequence count guards the answer. */
static int host_pfn_mapping_level(struct kvm *kvm, gfn_t gfn,
				  const struct kvm_memory_slot *slot)
{
	int level = PG_LEVEL_4K;
	unsigned long hva;
	unsigned long flags;
	pgd_t pgd;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	hva = __gfn_to_hva_memslot(slot, gfn);

	/* tables of the VMM are not freed while a CPU has interrupts off */
	local_irq_save(flags);

	/* each entry is read once: it may become a huge page, or cease to be one, at any time */
	pgd = READ_ONCE(*pgd_offset(kvm->mm, hva));
	if (pgd_none(pgd))
		goto out;

	p4d = READ_ONCE(*p4d_offset(&pgd, hva));
	if (p4d_none(p4d) || !p4d_present(p4d))
		goto out;

	pud = READ_ONCE(*pud_offset(&p4d, hva));
	if (pud_none(pud) || !pud_present(pud))
		goto out;

	if (pud_leaf(pud)) {
		level = PG_LEVEL_1G;
		goto out;
	}

	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	if (pmd_none(pmd) || !pmd_present(pmd))
		goto out;

	if (pmd_leaf(pmd))
		level = PG_LEVEL_2M;

out:
	local_irq_restore(flags);
	return level;
}

static u8 kvm_max_level_for_order(int order)
{
	KVM_MMU_WARN_ON(order != KVM_HPAGE_GFN_SHIFT(PG_LEVEL_1G) &&
			order != KVM_HPAGE_GFN_SHIFT(PG_LEVEL_2M) &&
			order != KVM_HPAGE_GFN_SHIFT(PG_LEVEL_4K));

	if (order >= KVM_HPAGE_GFN_SHIFT(PG_LEVEL_1G))
		return PG_LEVEL_1G;

	if (order >= KVM_HPAGE_GFN_SHIFT(PG_LEVEL_2M))
		return PG_LEVEL_2M;

	return PG_LEVEL_4K;
}

static u8 kvm_gmem_max_mapping_level(struct kvm *kvm, struct kvm_page_fault *fault,
				     const struct kvm_memory_slot *slot, gfn_t gfn,
				     bool is_private)
{
	u8 max_level, coco_level;
	kvm_pfn_t pfn;

	/* without a fault there is no pfn at hand; guest_memfd has 4K pages only */
	if (fault) {
		pfn = fault->pfn;
		max_level = fault->max_level;
	} else {
		WARN_ONCE(1, "pfn and order are not known here");
		pfn = KVM_PFN_ERR_FAULT;
		max_level = PG_LEVEL_4K;
	}

	if (max_level == PG_LEVEL_4K)
		return max_level;

	coco_level = kvm_x86_call(gmem_max_mapping_level)(kvm, pfn, is_private);

	if (coco_level)
		max_level = min(max_level, coco_level);

	return max_level;
}

int kvm_mmu_max_mapping_level(struct kvm *kvm, struct kvm_page_fault *fault,
			      const struct kvm_memory_slot *slot, gfn_t gfn)
{
	struct kvm_lpage_info *linfo;
	int host_level, max_level;
	bool is_private;

	lockdep_assert_held(&kvm->mmu_lock);

	if (fault) {
		max_level = fault->max_level;
		is_private = fault->is_private;
	} else {
		max_level = PG_LEVEL_NUM;
		is_private = kvm_mem_is_private(kvm, gfn);
	}

	max_level = min(max_level, max_huge_page_level);
	for ( ; max_level > PG_LEVEL_4K; max_level--) {
		linfo = lpage_info_slot(gfn, slot, max_level);
		if (!linfo->disallow_lpage)
			break;
	}

	if (max_level == PG_LEVEL_4K)
		return PG_LEVEL_4K;

	if (is_private || kvm_memslot_is_gmem_only(slot))
		host_level = kvm_gmem_max_mapping_level(kvm, fault, slot, gfn,
							is_private);
	else
		host_level = host_pfn_mapping_level(kvm, gfn, slot);
	return min(host_level, max_level);
}

void kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	struct kvm_memory_slot *slot = fault->slot;
	kvm_pfn_t mask;

	fault->huge_page_disallowed = fault->exec && fault->nx_huge_page_workaround_enabled;

	if (unlikely(fault->max_level == PG_LEVEL_4K))
		return;

	if (is_error_noslot_pfn(fault->pfn))
		return;

	if (kvm_slot_dirty_track_enabled(slot))
		return;

	/* mmu_lock keeps the host's mapping from changing: its owner would have to invalidate it first */
	fault->req_level = kvm_mmu_max_mapping_level(vcpu->kvm, fault,
						     fault->slot, fault->gfn);
	if (fault->req_level == PG_LEVEL_4K || fault->huge_page_disallowed)
		return;

	fault->goal_level = fault->req_level;
	mask = KVM_PAGES_PER_HPAGE(fault->goal_level) - 1;
	VM_BUG_ON((fault->gfn & mask) != (fault->pfn & mask));
	fault->pfn &= ~mask;
}

void disallowed_hugepage_adjust(struct kvm_page_fault *fault, u64 spte, int cur_level)
{
	if (cur_level > PG_LEVEL_4K &&
	    cur_level == fault->goal_level &&
	    is_shadow_present_pte(spte) &&
	    !is_large_pte(spte) &&
	    spte_to_child_sp(spte)->nx_huge_page_disallowed) {
		/* a table stands where the huge page would go: map one level below */
		u64 page_mask = KVM_PAGES_PER_HPAGE(cur_level) -
				KVM_PAGES_PER_HPAGE(cur_level - 1);

		fault->pfn |= fault->gfn & page_mask;
		fault->goal_level--;
	}
}

static int kvm_handle_error_pfn(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	if (is_sigpending_pfn(fault->pfn)) {
		vcpu->run->exit_reason = KVM_EXIT_INTR;
		return -EINTR;
	}

	/* a read-only slot is device memory to writes */
	if (fault->pfn == KVM_PFN_ERR_RO_FAULT)
		return RET_PF_EMULATE;

	/* user space gets a signal; the guest faults again */
	if (fault->pfn == KVM_PFN_ERR_HWPOISON)
		return RET_PF_RETRY;

	return -EFAULT;
}

static void vcpu_cache_mmio_info(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	u64 gen = kvm_memslots(vcpu->kvm)->generation;

	if (unlikely(gen & KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS))
		return;

	vcpu->arch.mmio_gfn = gfn;
	vcpu->arch.mmio_gen = gen;
}

static int kvm_handle_noslot_fault(struct kvm_vcpu *vcpu,
				   struct kvm_page_fault *fault,
				   unsigned int access)
{
	if (fault->is_private) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}

	vcpu_cache_mmio_info(vcpu, fault->gfn);

	fault->slot = NULL;
	fault->pfn = KVM_PFN_NOSLOT;
	fault->map_writable = false;

	/* the entry would not remember anything */
	if (unlikely(!enable_mmio_caching))
		return RET_PF_EMULATE;

	/* what the tables cannot express cannot be cached in them */
	if (unlikely(fault->gfn > kvm_mmu_max_gfn()))
		return RET_PF_EMULATE;

	return RET_PF_CONTINUE;
}

static bool page_fault_can_be_fast(struct kvm *kvm, struct kvm_page_fault *fault)
{
	/* MMIO entries need the slow path */
	if (fault->rsvd)
		return false;

	/* A conversion is due. Unlocked, so only a hint; the slow path asks again. */
	if (kvm->arch.has_private_mem &&
	    fault->is_private != kvm_mem_is_private(kvm, fault->gfn))
		return false;

	/* Without A/D bits the entry may have been made inaccessible to learn of accesses. */
	if (!fault->present)
		return !kvm_ad_enabled;

	/* present: only write access can be missing without a mapping missing */
	return fault->write;
}

/* True if @new_spte got in place of @old_spte. */
static bool fast_pf_fix_direct_spte(struct kvm_vcpu *vcpu,
				    struct kvm_page_fault *fault,
				    u64 *sptep, u64 old_spte, u64 new_spte)
{
	/* the entry may have been zapped since it was read: never write it blindly */
	if (!try_cmpxchg64(sptep, &old_spte, new_spte))
		return false;

	if (is_writable_pte(new_spte) && !is_writable_pte(old_spte))
		mark_page_dirty_in_slot(vcpu->kvm, fault->slot, fault->gfn);

	return true;
}

/* Fix a fault without mmu_lock: give back what the entry itself says may be given. */
static int fast_page_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	struct kvm_mmu *mmu;
	struct kvm_mmu_page *sp;
	int ret = RET_PF_INVALID;
	u64 spte;
	u64 *sptep;
	unsigned int retry_count = 0;

	if (!page_fault_can_be_fast(vcpu->kvm, fault))
		return ret;

	mmu = vcpu->arch.mmu;

	walk_shadow_page_lockless_begin(vcpu);

	do {
		u64 new_spte;

		sptep = kvm_tdp_mmu_fast_pf_get_last_sptep(vcpu, fault->gfn, &spte);

		/* every walk finds at least the root's entry */
		if (WARN_ON_ONCE(!sptep))
			spte = FROZEN_SPTE;

		if (!is_shadow_present_pte(spte))
			break;

		sp = sptep_to_sp(sptep);
		if (!is_last_spte(spte, sp->role.level))
			break;

		/* another vCPU has fixed it, or the TLB was stale */
		if (!spte_permission_fault(mmu, spte, fault)) {
			ret = RET_PF_SPURIOUS;
			break;
		}

		new_spte = spte;

		if (unlikely(!kvm_ad_enabled) && is_access_track_spte(spte))
			new_spte = restore_acc_track_spte(new_spte) |
				   shadow_accessed_mask;

		/* the two writable bits say that the write was taken away by KVM itself */
		if (fault->write && is_mmu_writable_spte(spte)) {
			new_spte |= PT_WRITABLE_MASK;

			/* a huge page must be split first when dirty pages are logged */
			if (sp->role.level > PG_LEVEL_4K &&
			    kvm_slot_dirty_track_enabled(fault->slot))
				break;
		}

		if (new_spte == spte ||
		    spte_permission_fault(mmu, new_spte, fault))
			break;

		if (fast_pf_fix_direct_spte(vcpu, fault, sptep, spte, new_spte)) {
			ret = RET_PF_FIXED;
			break;
		}

		if (++retry_count > 4)
			break;
	} while (true);

	walk_shadow_page_lockless_end(vcpu);

	return ret;
}

static void mmu_free_root_page(struct kvm *kvm, hpa_t *root_hpa,
			       struct list_head *invalid_list)
{
	struct kvm_mmu_page *sp;

	if (!VALID_PAGE(*root_hpa))
		return;

	sp = root_to_sp(*root_hpa);
	if (WARN_ON_ONCE(!sp))
		return;

	lockdep_assert_held_read(&kvm->mmu_lock);
	kvm_tdp_mmu_put_root(kvm, sp);

	*root_hpa = INVALID_PAGE;
}

/* A vCPU lets go of the roots that it has loaded. The mirror is kept until kvm_mmu_destroy(). */
void kvm_mmu_free_roots(struct kvm *kvm, struct kvm_mmu *mmu,
			unsigned long roots_to_free)
{
	bool is_tdp_mmu = tdp_mmu_enabled && mmu->root_role.direct;
	int i;
	LIST_HEAD(invalid_list);
	bool free_active_root;

	WARN_ON_ONCE(roots_to_free & ~KVM_MMU_ROOTS_ALL);

	/* nothing to free, no lock to take */
	free_active_root = (roots_to_free & KVM_MMU_ROOT_CURRENT)
		&& VALID_PAGE(mmu->root.hpa);

	if (!free_active_root) {
		for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
			if ((roots_to_free & KVM_MMU_ROOT_PREVIOUS(i)) &&
			    VALID_PAGE(mmu->prev_roots[i].hpa))
				break;

		if (i == KVM_MMU_NUM_PREV_ROOTS)
			return;
	}

	if (is_tdp_mmu)
		read_lock(&kvm->mmu_lock);
	else
		write_lock(&kvm->mmu_lock);

	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		if (roots_to_free & KVM_MMU_ROOT_PREVIOUS(i))
			mmu_free_root_page(kvm, &mmu->prev_roots[i].hpa,
					   &invalid_list);

	if (free_active_root) {
		if (kvm_mmu_is_dummy_root(mmu->root.hpa)) {
			/* nothing: not a root of ours */
		} else if (root_to_sp(mmu->root.hpa)) {
			mmu_free_root_page(kvm, &mmu->root.hpa, &invalid_list);
		}
		mmu->root.hpa = INVALID_PAGE;
		mmu->root.pgd = 0;
	}

	if (is_tdp_mmu) {
		read_unlock(&kvm->mmu_lock);
		WARN_ON_ONCE(!list_empty(&invalid_list));
	} else {
		kvm_mmu_commit_zap_page(kvm, &invalid_list);
		write_unlock(&kvm->mmu_lock);
	}
}

static int mmu_alloc_direct_roots(struct kvm_vcpu *vcpu)
{
	struct kvm_mmu *mmu = vcpu->arch.mmu;

	if (tdp_mmu_enabled) {
		if (kvm_has_mirrored_tdp(vcpu->kvm) &&
		    !VALID_PAGE(mmu->mirror_root_hpa))
			kvm_tdp_mmu_alloc_root(vcpu, true);
		kvm_tdp_mmu_alloc_root(vcpu, false);
		return 0;
	}

	WARN_ON_ONCE(1);
	return -EIO;
}

void kvm_mmu_sync_roots(struct kvm_vcpu *vcpu)
{
	/* direct roots are never out of sync */
}

static bool mmio_info_in_cache(struct kvm_vcpu *vcpu, u64 addr, bool direct)
{
	return vcpu->arch.mmio_gen == kvm_memslots(vcpu->kvm)->generation &&
	       vcpu->arch.mmio_gfn && vcpu->arch.mmio_gfn == gpa_to_gfn(addr);
}

static int get_sptes_lockless(struct kvm_vcpu *vcpu, u64 addr, u64 *sptes,
			      int *root_level)
{
	int leaf;

	walk_shadow_page_lockless_begin(vcpu);

	leaf = kvm_tdp_mmu_get_walk(vcpu, addr, sptes, root_level);

	walk_shadow_page_lockless_end(vcpu);
	return leaf;
}

static bool check_mmio_spte(struct kvm_vcpu *vcpu, u64 spte)
{
	u64 kvm_gen, spte_gen, gen;

	gen = kvm_vcpu_memslots(vcpu)->generation;
	if (unlikely(gen & KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS))
		return false;

	kvm_gen = gen & MMIO_SPTE_GEN_MASK;
	spte_gen = get_mmio_spte_generation(spte);

	return likely(kvm_gen == spte_gen);
}

/* The CPU met an MMIO entry: emulate, unless memslots changed since it was made. */
static int handle_mmio_page_fault(struct kvm_vcpu *vcpu, u64 addr, bool direct)
{
	u64 sptes[PT64_ROOT_MAX_LEVEL + 1];
	u64 spte;
	int root, leaf;

	if (mmio_info_in_cache(vcpu, addr, direct))
		return RET_PF_EMULATE;

	leaf = get_sptes_lockless(vcpu, addr, sptes, &root);
	spte = leaf < 0 ? 0ull : sptes[leaf];

	if (is_mmio_spte(vcpu->kvm, spte)) {
		if (!check_mmio_spte(vcpu, spte))
			return RET_PF_INVALID;

		vcpu_cache_mmio_info(vcpu, gpa_to_gfn(addr));
		return RET_PF_EMULATE;
	}

	/* the entry was zapped after the CPU saw it */
	return RET_PF_RETRY;
}

/* No user of write tracking is modelled. */
static bool page_fault_handle_page_track(struct kvm_vcpu *vcpu,
					 struct kvm_page_fault *fault)
{
	return false;
}

static void kvm_mmu_finish_page_fault(struct kvm_vcpu *vcpu,
				      struct kvm_page_fault *fault, int r)
{
	kvm_release_faultin_page(vcpu->kvm, fault->refcounted_page,
				 r == RET_PF_RETRY, fault->map_writable);
}

static int kvm_mmu_faultin_pfn_gmem(struct kvm_vcpu *vcpu,
				    struct kvm_page_fault *fault)
{
	int max_order, r;

	if (!kvm_slot_has_gmem(fault->slot)) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}

	r = kvm_gmem_get_pfn(vcpu->kvm, fault->slot, fault->gfn, &fault->pfn,
			     &fault->refcounted_page, &max_order);
	if (r) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return r;
	}

	fault->map_writable = !(fault->slot->flags & KVM_MEM_READONLY);
	fault->max_level = kvm_max_level_for_order(max_order);

	return RET_PF_CONTINUE;
}

/* The model's guests have no asynchronous page faults. */
static bool kvm_can_do_async_pf(struct kvm_vcpu *vcpu)
{
	return false;
}

static bool kvm_find_async_pf_gfn(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	return false;
}

static bool kvm_arch_setup_async_pf(struct kvm_vcpu *vcpu,
				    struct kvm_page_fault *fault)
{
	return false;
}

static int __kvm_mmu_faultin_pfn(struct kvm_vcpu *vcpu,
				 struct kvm_page_fault *fault)
{
	unsigned int foll = fault->write ? FOLL_WRITE : 0;

	if (fault->is_private || kvm_memslot_is_gmem_only(fault->slot))
		return kvm_mmu_faultin_pfn_gmem(vcpu, fault);

	foll |= FOLL_NOWAIT;
	fault->pfn = __kvm_faultin_pfn(fault->slot, fault->gfn, foll,
				       &fault->map_writable, &fault->refcounted_page);

	if (fault->pfn != KVM_PFN_ERR_NEEDS_IO)
		return RET_PF_CONTINUE;

	if (!fault->prefetch && kvm_can_do_async_pf(vcpu)) {
		if (kvm_find_async_pf_gfn(vcpu, fault->gfn)) {
			kvm_make_request(KVM_REQ_APF_HALT, vcpu);
			return RET_PF_RETRY;
		} else if (kvm_arch_setup_async_pf(vcpu, fault)) {
			return RET_PF_RETRY;
		}
	}

	/* the guest cannot do something else meanwhile: wait, unless a signal comes */
	foll |= FOLL_INTERRUPTIBLE;
	foll &= ~FOLL_NOWAIT;
	fault->pfn = __kvm_faultin_pfn(fault->slot, fault->gfn, foll,
				       &fault->map_writable, &fault->refcounted_page);

	return RET_PF_CONTINUE;
}

/* The page behind a fault, without mmu_lock: what is found holds only if no invalidation came by. */
static int kvm_mmu_faultin_pfn(struct kvm_vcpu *vcpu,
			       struct kvm_page_fault *fault, unsigned int access)
{
	struct kvm_memory_slot *slot = fault->slot;
	struct kvm *kvm = vcpu->kvm;
	int ret;

	if (KVM_BUG_ON(kvm_is_gfn_alias(kvm, fault->gfn), kvm))
		return -EFAULT;

	/* first the snapshot, then everything that an invalidation could change */
	fault->mmu_seq = vcpu->kvm->mmu_invalidate_seq;
	smp_rmb();

	/* Reading the attribute after the snapshot: a change from here on makes the fault stale. */
	if (fault->is_private != kvm_mem_is_private(kvm, fault->gfn)) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, fault);
		return -EFAULT;
	}

	if (unlikely(!slot))
		return kvm_handle_noslot_fault(vcpu, fault, access);

	/* The slot is about to go or to move: its flush must not be followed by a new mapping. */
	if (slot->flags & KVM_MEMSLOT_INVALID) {
		/* the update waits for our SRCU section, which a prefault would never leave */
		if (fault->prefetch)
			return -EAGAIN;

		return RET_PF_RETRY;
	}

	if (slot->id == APIC_ACCESS_PAGE_PRIVATE_MEMSLOT) {
		/* the page is there for hardware only: without APICv the access is emulated */
		if (!kvm_apicv_activated(vcpu->kvm))
			return RET_PF_EMULATE;
	}

	/* Cheap and unlocked: saves getting a page that could not be used. */
	if (mmu_invalidate_retry_gfn_unsafe(kvm, fault->mmu_seq, fault->gfn))
		return RET_PF_RETRY;

	ret = __kvm_mmu_faultin_pfn(vcpu, fault);
	if (ret != RET_PF_CONTINUE)
		return ret;

	if (unlikely(is_error_pfn(fault->pfn)))
		return kvm_handle_error_pfn(vcpu, fault);

	if (WARN_ON_ONCE(!fault->slot || is_noslot_pfn(fault->pfn)))
		return kvm_handle_noslot_fault(vcpu, fault, access);

	/* Again, before mmu_lock is contended for nothing. */
	if (mmu_invalidate_retry_gfn_unsafe(kvm, fault->mmu_seq, fault->gfn)) {
		kvm_mmu_finish_page_fault(vcpu, fault, RET_PF_RETRY);
		return RET_PF_RETRY;
	}

	return RET_PF_CONTINUE;
}

/* Under mmu_lock: may the page that was found still be mapped? */
static bool is_page_fault_stale(struct kvm_vcpu *vcpu,
				struct kvm_page_fault *fault)
{
	struct kvm_mmu_page *sp = root_to_sp(vcpu->arch.mmu->root.hpa);

	/* the root was invalidated: load another one first */
	if (sp && is_obsolete_sp(vcpu->kvm, sp))
		return true;

	if (!sp && kvm_test_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu))
		return true;

	return fault->slot &&
	       mmu_invalidate_retry_gfn(vcpu->kvm, fault->mmu_seq, fault->gfn);
}

/* Without the TDP MMU: the model never comes here. */
static int make_mmu_pages_available(struct kvm_vcpu *vcpu)
{
	return 0;
}

static int direct_map(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	WARN_ON_ONCE(1);
	return RET_PF_RETRY;
}

static int direct_page_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	int r;

	/* the dummy root belongs to a guest that cannot run */
	if (WARN_ON_ONCE(kvm_mmu_is_dummy_root(vcpu->arch.mmu->root.hpa)))
		return RET_PF_RETRY;

	if (page_fault_handle_page_track(vcpu, fault))
		return RET_PF_WRITE_PROTECTED;

	r = fast_page_fault(vcpu, fault);
	if (r != RET_PF_INVALID)
		return r;

	r = mmu_topup_memory_caches(vcpu, false);
	if (r)
		return r;

	r = kvm_mmu_faultin_pfn(vcpu, fault, ACC_ALL);
	if (r != RET_PF_CONTINUE)
		return r;

	write_lock(&vcpu->kvm->mmu_lock);

	r = make_mmu_pages_available(vcpu);
	if (r)
		goto out_unlock;

	if (is_page_fault_stale(vcpu, fault)) {
		r = RET_PF_RETRY;
		goto out_unlock;
	}

	r = direct_map(vcpu, fault);

out_unlock:
	kvm_mmu_finish_page_fault(vcpu, fault, r);
	write_unlock(&vcpu->kvm->mmu_lock);
	return r;
}

static int kvm_tdp_mmu_page_fault(struct kvm_vcpu *vcpu,
				  struct kvm_page_fault *fault)
{
	int r;

	if (page_fault_handle_page_track(vcpu, fault))
		return RET_PF_WRITE_PROTECTED;

	r = fast_page_fault(vcpu, fault);
	if (r != RET_PF_INVALID)
		return r;

	r = mmu_topup_memory_caches(vcpu, false);
	if (r)
		return r;

	r = kvm_mmu_faultin_pfn(vcpu, fault, ACC_ALL);
	if (r != RET_PF_CONTINUE)
		return r;

	r = RET_PF_RETRY;
	read_lock(&vcpu->kvm->mmu_lock);

	if (is_page_fault_stale(vcpu, fault))
		goto out_unlock;

	r = kvm_tdp_mmu_map(vcpu, fault);

out_unlock:
	kvm_mmu_finish_page_fault(vcpu, fault, r);
	read_unlock(&vcpu->kvm->mmu_lock);
	return r;
}

static int kvm_tdp_page_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	if (tdp_mmu_enabled)
		return kvm_tdp_mmu_page_fault(vcpu, fault);

	return direct_page_fault(vcpu, fault);
}

static int kvm_mmu_do_page_fault(struct kvm_vcpu *vcpu, gpa_t cr2_or_gpa,
				 u64 err, bool prefetch, int *emulation_type,
				 u8 *level)
{
	struct kvm_page_fault fault = {
		.addr = cr2_or_gpa,
		.error_code = err,
		.exec = err & PFERR_FETCH_MASK,
		.write = err & PFERR_WRITE_MASK,
		.present = err & PFERR_PRESENT_MASK,
		.rsvd = err & PFERR_RSVD_MASK,
		.user = err & PFERR_USER_MASK,
		.prefetch = prefetch,
		.is_tdp = likely(vcpu->arch.mmu->page_fault == kvm_tdp_page_fault),
		.nx_huge_page_workaround_enabled =
			is_nx_huge_page_enabled(vcpu->kvm),

		.max_level = KVM_MAX_HUGEPAGE_LEVEL,
		.req_level = PG_LEVEL_4K,
		.goal_level = PG_LEVEL_4K,
		.is_private = err & PFERR_PRIVATE_ACCESS,

		.pfn = KVM_PFN_ERR_FAULT,
	};
	int r;

	if (vcpu->arch.mmu->root_role.direct) {
		/* tables and slots are indexed without the shared bit */
		fault.gfn = gpa_to_gfn(fault.addr) & ~kvm_gfn_direct_bits(vcpu->kvm);
		fault.slot = kvm_vcpu_gfn_to_memslot(vcpu, fault.gfn);
	}

	r = vcpu->arch.mmu->page_fault(vcpu, &fault);

	/* KVM cannot read private memory, so it cannot emulate an access to it */
	if (r == RET_PF_EMULATE && fault.is_private) {
		kvm_mmu_prepare_memory_fault_exit(vcpu, &fault);
		return -EFAULT;
	}

	if (level)
		*level = fault.goal_level;

	return r;
}

static int kvm_tdp_page_prefault(struct kvm_vcpu *vcpu, gpa_t gpa,
				 u64 error_code, u8 *level)
{
	int r;

	/* only for guests whose physical addresses the tables translate */
	if (vcpu->arch.mmu->page_fault != kvm_tdp_page_fault)
		return -EOPNOTSUPP;

	do {
		if (signal_pending(current))
			return -EINTR;

		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu))
			return -EIO;

		cond_resched();
		r = kvm_mmu_do_page_fault(vcpu, gpa, error_code, true, NULL, level);
	} while (r == RET_PF_RETRY);

	if (r < 0)
		return r;

	switch (r) {
	case RET_PF_FIXED:
	case RET_PF_SPURIOUS:
	case RET_PF_WRITE_PROTECTED:
		return 0;

	case RET_PF_EMULATE:
		return -ENOENT;

	case RET_PF_RETRY:
	case RET_PF_CONTINUE:
	case RET_PF_INVALID:
	default:
		WARN_ONCE(1, "a prefault ended neither way");
		return -EIO;
	}
}

long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu,
				    struct kvm_pre_fault_memory *range)
{
	u64 error_code = PFERR_GUEST_FINAL_MASK;
	u8 level = PG_LEVEL_4K;
	u64 direct_bits;
	u64 end;
	int r;

	if (!vcpu->kvm->arch.pre_fault_allowed)
		return -EOPNOTSUPP;

	if (kvm_is_gfn_alias(vcpu->kvm, gpa_to_gfn(range->gpa)))
		return -EINVAL;

	r = kvm_mmu_reload(vcpu);
	if (r)
		return r;

	direct_bits = 0;
	if (kvm_arch_has_private_mem(vcpu->kvm) &&
	    kvm_mem_is_private(vcpu->kvm, gpa_to_gfn(range->gpa)))
		error_code |= PFERR_PRIVATE_ACCESS;
	else
		direct_bits = gfn_to_gpa(kvm_gfn_direct_bits(vcpu->kvm));

	r = kvm_tdp_page_prefault(vcpu, range->gpa | direct_bits, error_code, &level);
	if (r < 0)
		return r;

	/* the mapping may start below the gpa that was asked for */
	end = (range->gpa & KVM_HPAGE_MASK(level)) + KVM_HPAGE_SIZE(level);
	return min(range->size, end - range->gpa);
}

static void kvm_assert_gmem_invalidate_lock_held(struct kvm_memory_slot *slot)
{
#ifdef CONFIG_PROVE_LOCKING
	if (WARN_ON_ONCE(!kvm_slot_has_gmem(slot)) ||
	    WARN_ON_ONCE(!slot->gmem.file) ||
	    WARN_ON_ONCE(!refcount_read(&slot->gmem.file->f_count)))
		return;

	lockdep_assert_held(&file_inode(slot->gmem.file)->i_mapping->invalidate_lock);
#endif
}

/* Map a page of the initial image. The invalidate lock that the caller holds stands in for the sequence count. */
int kvm_tdp_mmu_map_private_pfn(struct kvm_vcpu *vcpu, gfn_t gfn, kvm_pfn_t pfn)
{
	struct kvm_page_fault fault = {
		.addr = gfn_to_gpa(gfn),
		.error_code = PFERR_GUEST_FINAL_MASK | PFERR_PRIVATE_ACCESS,
		.prefetch = true,
		.is_tdp = true,
		.nx_huge_page_workaround_enabled = is_nx_huge_page_enabled(vcpu->kvm),

		.max_level = PG_LEVEL_4K,
		.req_level = PG_LEVEL_4K,
		.goal_level = PG_LEVEL_4K,
		.is_private = true,

		.gfn = gfn,
		.slot = kvm_vcpu_gfn_to_memslot(vcpu, gfn),
		.pfn = pfn,
		.map_writable = true,
	};
	struct kvm *kvm = vcpu->kvm;
	int r;

	lockdep_assert_held(&kvm->slots_lock);

	kvm_assert_gmem_invalidate_lock_held(fault.slot);

	if (KVM_BUG_ON(!tdp_mmu_enabled, kvm))
		return -EIO;

	r = kvm_mmu_reload(vcpu);
	if (r)
		return r;

	r = mmu_topup_memory_caches(vcpu, false);
	if (r)
		return r;

	do {
		if (signal_pending(current))
			return -EINTR;

		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu))
			return -EIO;

		cond_resched();

		guard(read_lock)(&kvm->mmu_lock);

		r = kvm_tdp_mmu_map(vcpu, &fault);
	} while (r == RET_PF_RETRY);

	if (r != RET_PF_FIXED)
		return -EIO;

	return 0;
}

static inline int kvm_mmu_get_tdp_level(struct kvm_vcpu *vcpu)
{
	return max_tdp_level;
}

/* What the vCPU's state says of its MMU: nothing but SMM, since nested paging leaves the rest to the guest. */
static union kvm_cpu_role kvm_calc_cpu_role(struct kvm_vcpu *vcpu)
{
	union kvm_cpu_role role = {0};

	role.base.access = ACC_ALL;
	role.base.smm = is_smm(vcpu);
	return role;
}

static union kvm_mmu_page_role
kvm_calc_tdp_mmu_root_page_role(struct kvm_vcpu *vcpu,
				union kvm_cpu_role cpu_role)
{
	union kvm_mmu_page_role role = {0};

	role.cr0_wp = true;
	role.efer_nx = true;
	role.smm = cpu_role.base.smm;
	role.guest_mode = cpu_role.base.guest_mode;
	role.ad_disabled = !kvm_ad_enabled;
	role.level = kvm_mmu_get_tdp_level(vcpu);
	role.direct = true;
	role.access = ACC_ALL;

	return role;
}

static void init_kvm_tdp_mmu(struct kvm_vcpu *vcpu,
			     union kvm_cpu_role cpu_role)
{
	struct kvm_mmu *context = &vcpu->arch.root_mmu;
	union kvm_mmu_page_role root_role = kvm_calc_tdp_mmu_root_page_role(vcpu, cpu_role);

	if (root_role.word == context->root_role.word)
		return;

	context->root_role.word = root_role.word;
	context->page_fault = kvm_tdp_page_fault;
}

void kvm_init_mmu(struct kvm_vcpu *vcpu)
{
	union kvm_cpu_role cpu_role = kvm_calc_cpu_role(vcpu);

	init_kvm_tdp_mmu(vcpu, cpu_role);
}

void kvm_mmu_reset_context(struct kvm_vcpu *vcpu)
{
	kvm_mmu_unload(vcpu);
	kvm_init_mmu(vcpu);
}

int kvm_mmu_load(struct kvm_vcpu *vcpu)
{
	int r;

	r = mmu_topup_memory_caches(vcpu, !vcpu->arch.mmu->root_role.direct);
	if (r)
		goto out;
	r = mmu_alloc_direct_roots(vcpu);
	if (r)
		goto out;

	kvm_mmu_sync_roots(vcpu);

	kvm_mmu_load_pgd(vcpu);

	/* The TLB may hold what an earlier root at the same address mapped. */
	kvm_x86_call(flush_tlb_current)(vcpu);
out:
	return r;
}

void kvm_mmu_unload(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = vcpu->kvm;

	kvm_mmu_free_roots(kvm, &vcpu->arch.root_mmu, KVM_MMU_ROOTS_ALL);
	WARN_ON_ONCE(VALID_PAGE(vcpu->arch.root_mmu.root.hpa));
	kvm_mmu_free_roots(kvm, &vcpu->arch.guest_mmu, KVM_MMU_ROOTS_ALL);
	WARN_ON_ONCE(VALID_PAGE(vcpu->arch.guest_mmu.root.hpa));
	vcpu->arch.mmio_gfn = 0;
}

static bool is_obsolete_root(struct kvm *kvm, hpa_t root_hpa)
{
	struct kvm_mmu_page *sp;

	if (!VALID_PAGE(root_hpa))
		return false;

	sp = root_to_sp(root_hpa);
	return !sp || is_obsolete_sp(kvm, sp);
}

static void __kvm_mmu_free_obsolete_roots(struct kvm *kvm, struct kvm_mmu *mmu)
{
	unsigned long roots_to_free = 0;
	int i;

	if (is_obsolete_root(kvm, mmu->root.hpa))
		roots_to_free |= KVM_MMU_ROOT_CURRENT;

	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++) {
		if (is_obsolete_root(kvm, mmu->prev_roots[i].hpa))
			roots_to_free |= KVM_MMU_ROOT_PREVIOUS(i);
	}

	if (roots_to_free)
		kvm_mmu_free_roots(kvm, mmu, roots_to_free);
}

void kvm_mmu_free_obsolete_roots(struct kvm_vcpu *vcpu)
{
	__kvm_mmu_free_obsolete_roots(vcpu->kvm, &vcpu->arch.root_mmu);
	__kvm_mmu_free_obsolete_roots(vcpu->kvm, &vcpu->arch.guest_mmu);
}

int noinline kvm_mmu_page_fault(struct kvm_vcpu *vcpu, gpa_t cr2_or_gpa, u64 error_code,
		       void *insn, int insn_len)
{
	int r, emulation_type = 0;
	bool direct = vcpu->arch.mmu->root_role.direct;

	if (WARN_ON_ONCE(!VALID_PAGE(vcpu->arch.mmu->root.hpa)))
		return RET_PF_RETRY;

	/* No hardware says whether such a VM's access is private: the attribute does. Unlocked, checked later. */
	if (IS_ENABLED(CONFIG_KVM_SW_PROTECTED_VM) &&
	    !(error_code & PFERR_RSVD_MASK) &&
	    vcpu->kvm->arch.vm_type == KVM_X86_SW_PROTECTED_VM &&
	    kvm_mem_is_private(vcpu->kvm, gpa_to_gfn(cr2_or_gpa)))
		error_code |= PFERR_PRIVATE_ACCESS;

	r = RET_PF_INVALID;
	if (unlikely(error_code & PFERR_RSVD_MASK)) {
		if (WARN_ON_ONCE(error_code & PFERR_PRIVATE_ACCESS))
			return -EFAULT;

		r = handle_mmio_page_fault(vcpu, cr2_or_gpa, direct);
		if (r == RET_PF_EMULATE)
			goto emulate;
	}

	if (r == RET_PF_INVALID) {
		r = kvm_mmu_do_page_fault(vcpu, cr2_or_gpa, error_code, false,
					  &emulation_type, NULL);
		if (KVM_BUG_ON(r == RET_PF_INVALID, vcpu->kvm))
			return -EIO;
	}

	if (r < 0)
		return r;

	/* no shadow MMU: what is write-protected is so for dirty logging, which emulation resolves */
	if (r == RET_PF_WRITE_PROTECTED)
		r = RET_PF_EMULATE;

	WARN_ON_ONCE(r == RET_PF_CONTINUE);

	/* everything else lets the guest try again */
	if (r != RET_PF_EMULATE)
		return r;

emulate:
	/* A TD cannot be emulated: it goes back in, takes #VE at the entry just made, and asks user space. */
	if (vcpu->kvm->arch.has_protected_state)
		return 1;

	/* the model emulates nothing: user space handles the access */
	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	return 0;
}

static int __kvm_mmu_create(struct kvm_vcpu *vcpu, struct kvm_mmu *mmu)
{
	int i;

	mmu->root.hpa = INVALID_PAGE;
	mmu->root.pgd = 0;
	mmu->mirror_root_hpa = INVALID_PAGE;
	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		mmu->prev_roots[i] = KVM_MMU_ROOT_INFO_INVALID;

	return 0;
}

int kvm_mmu_create(struct kvm_vcpu *vcpu)
{
	int ret;

	vcpu->arch.mmu_page_header_cache.kmem_cache = mmu_page_header_cache;
	vcpu->arch.mmu_page_header_cache.gfp_zero = __GFP_ZERO;

	vcpu->arch.mmu_shadow_page_cache.init_value =
		SHADOW_NONPRESENT_VALUE;

	vcpu->arch.mmu = &vcpu->arch.root_mmu;

	ret = __kvm_mmu_create(vcpu, &vcpu->arch.guest_mmu);
	if (ret)
		return ret;

	return __kvm_mmu_create(vcpu, &vcpu->arch.root_mmu);
}

#define BATCH_ZAP_PAGES 10

static void kvm_zap_obsolete_pages(struct kvm *kvm)
{
	struct kvm_mmu_page *sp, *node;
	int nr_zapped, batch = 0;
	LIST_HEAD(invalid_list);
	bool unstable;

	lockdep_assert_held(&kvm->slots_lock);

restart:
	list_for_each_entry_safe(sp, node, &kvm->arch.active_mmu_pages, link) {
		/* new pages stand at the head: the rest of the list is current */
		if (!is_obsolete_sp(kvm, sp))
			break;

		/* invalid pages are not on the list */
		if (WARN_ON_ONCE(sp->role.invalid))
			continue;

		if (batch >= BATCH_ZAP_PAGES) {
			cond_resched_rwlock_write(&kvm->mmu_lock);
			batch = 0;
			goto restart;
		}

		unstable = __kvm_mmu_prepare_zap_page(kvm, sp,
				&invalid_list, &nr_zapped);
		batch += nr_zapped;

		if (unstable)
			goto restart;
	}

	kvm_mmu_commit_zap_page(kvm, &invalid_list);
}

/*
 * Make every direct root useless at once; the work of zapping them follows in the back half, without
 * the write lock. vCPUs are asked to load a new root before they enter the guest again.
 */
static void __kvm_mmu_zap_all_fast_front_half(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->slots_lock);
	lockdep_assert_held_write(&kvm->mmu_lock);

	/* two values are enough: slots_lock lets only one such zap run */
	kvm->arch.mmu_valid_gen = kvm->arch.mmu_valid_gen ? 0 : 1;

	/* Only direct roots: a mirror cannot be rebuilt, its pages would lose their contents. */
	if (tdp_mmu_enabled) {
		kvm_tdp_mmu_invalidate_roots(kvm, KVM_DIRECT_ROOTS);
	}

	/* From here on no vCPU uses the old roots again: those in the guest are thrown out by this. */
	kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);

	kvm_zap_obsolete_pages(kvm);
}

static void __kvm_mmu_zap_all_fast_back_half(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->slots_lock);
	lockdep_assert_not_held(&kvm->mmu_lock);

	/* Zap before the memslot update goes on: what is mapped may be freed right after it. */
	if (tdp_mmu_enabled)
		kvm_tdp_mmu_zap_invalidated_roots(kvm, true);
}

static void kvm_mmu_zap_all_fast(struct kvm *kvm)
{
	write_lock(&kvm->mmu_lock);
	__kvm_mmu_zap_all_fast_front_half(kvm);
	write_unlock(&kvm->mmu_lock);

	__kvm_mmu_zap_all_fast_back_half(kvm);
}

int kvm_mmu_init_vm(struct kvm *kvm)
{
	kvm->arch.shadow_mmio_value = shadow_mmio_value;
	INIT_LIST_HEAD(&kvm->arch.active_mmu_pages);
	INIT_LIST_HEAD(&kvm->arch.possible_nx_huge_pages);

	if (tdp_mmu_enabled)
		kvm_mmu_init_tdp_mmu(kvm);

	return 0;
}

void kvm_mmu_uninit_vm(struct kvm *kvm)
{
	if (tdp_mmu_enabled)
		kvm_mmu_uninit_tdp_mmu(kvm);
}

static bool kvm_rmap_zap_gfn_range(struct kvm *kvm, gfn_t gfn_start, gfn_t gfn_end)
{
	const struct kvm_memory_slot *memslot;
	struct kvm_memslots *slots;
	struct kvm_memslot_iter iter;
	bool flush = false;
	gfn_t start, end;
	int i;

	if (!kvm_memslots_have_rmaps(kvm))
		return flush;

	for (i = 0; i < kvm_arch_nr_memslot_as_ids(kvm); i++) {
		slots = __kvm_memslots(kvm, i);

		kvm_for_each_memslot_in_gfn_range(&iter, slots, gfn_start, gfn_end) {
			memslot = iter.slot;
			start = max(gfn_start, memslot->base_gfn);
			end = min(gfn_end, memslot->base_gfn + memslot->npages);
			if (WARN_ON_ONCE(start >= end))
				continue;

			flush = __kvm_rmap_zap_gfn_range(kvm, memslot, start,
							 end, true, flush);
		}
	}

	return flush;
}

/* Unmap [gfn_start, gfn_end) from every valid root, whatever is mapped there. */
void kvm_zap_gfn_range(struct kvm *kvm, gfn_t gfn_start, gfn_t gfn_end)
{
	bool flush;

	if (WARN_ON_ONCE(gfn_end <= gfn_start))
		return;

	guard(srcu)(&kvm->srcu);

	write_lock(&kvm->mmu_lock);

	kvm_mmu_invalidate_start(kvm);

	kvm_mmu_invalidate_range_add(kvm, gfn_start, gfn_end);

	flush = kvm_rmap_zap_gfn_range(kvm, gfn_start, gfn_end);

	if (tdp_mmu_enabled)
		flush = kvm_tdp_mmu_zap_leafs(kvm, gfn_start, gfn_end, flush);

	if (flush)
		kvm_flush_remote_tlbs_range(kvm, gfn_start, gfn_end - gfn_start);

	kvm_mmu_invalidate_end(kvm);

	write_unlock(&kvm->mmu_lock);
}

static void kvm_mmu_write_protect_pt_masked(struct kvm *kvm,
				     struct kvm_memory_slot *slot,
				     gfn_t gfn_offset, unsigned long mask)
{
	if (tdp_mmu_enabled)
		kvm_tdp_mmu_clear_dirty_pt_masked(kvm, slot,
				slot->base_gfn + gfn_offset, mask, true);
}

/* The pages of the mask, which were dirty, are logged anew from here on. No CPU of the model logs by itself. */
void kvm_arch_mmu_enable_log_dirty_pt_masked(struct kvm *kvm,
				struct kvm_memory_slot *slot,
				gfn_t gfn_offset, unsigned long mask)
{
	kvm_mmu_write_protect_pt_masked(kvm, slot, gfn_offset, mask);
}

void kvm_mmu_slot_remove_write_access(struct kvm *kvm,
				      const struct kvm_memory_slot *memslot,
				      int start_level)
{
	if (tdp_mmu_enabled) {
		read_lock(&kvm->mmu_lock);
		kvm_tdp_mmu_wrprot_slot(kvm, memslot, start_level);
		read_unlock(&kvm->mmu_lock);
	}
}

/* No flush: small pages translate as the huge one did, and whoever takes rights from them flushes. */
void kvm_mmu_slot_try_split_huge_pages(struct kvm *kvm,
				       const struct kvm_memory_slot *memslot,
				       int target_level)
{
	u64 start = memslot->base_gfn;
	u64 end = start + memslot->npages;

	if (!tdp_mmu_enabled)
		return;

	read_lock(&kvm->mmu_lock);
	kvm_tdp_mmu_try_split_huge_pages(kvm, memslot, start, end, target_level, true);
	read_unlock(&kvm->mmu_lock);
}

void kvm_mmu_recover_huge_pages(struct kvm *kvm,
				const struct kvm_memory_slot *slot)
{
	if (tdp_mmu_enabled) {
		read_lock(&kvm->mmu_lock);
		kvm_tdp_mmu_recover_huge_pages(kvm, slot);
		read_unlock(&kvm->mmu_lock);
	}
}

static void kvm_mmu_zap_all(struct kvm *kvm)
{
	struct kvm_mmu_page *sp, *node;
	LIST_HEAD(invalid_list);
	int ign;

	write_lock(&kvm->mmu_lock);
restart:
	list_for_each_entry_safe(sp, node, &kvm->arch.active_mmu_pages, link) {
		if (WARN_ON_ONCE(sp->role.invalid))
			continue;
		if (__kvm_mmu_prepare_zap_page(kvm, sp, &invalid_list, &ign))
			goto restart;
	}

	kvm_mmu_commit_zap_page(kvm, &invalid_list);

	if (tdp_mmu_enabled)
		kvm_tdp_mmu_zap_all(kvm);

	write_unlock(&kvm->mmu_lock);
}

void kvm_arch_flush_shadow_all(struct kvm *kvm)
{
	kvm_mmu_zap_all(kvm);
}

static void kvm_mmu_zap_memslot_pages_and_flush(struct kvm *kvm,
						struct kvm_memory_slot *slot,
						bool flush)
{
	LIST_HEAD(invalid_list);
	unsigned long i;

	if (list_empty(&kvm->arch.active_mmu_pages))
		goto out_flush;

	/* shadow pages of the guest's page tables that lie in the slot */
	for (i = 0; i < slot->npages; i++) {
		struct kvm_mmu_page *sp;
		gfn_t gfn = slot->base_gfn + i;

		for_each_gfn_valid_sp_with_gptes(kvm, sp, gfn)
			kvm_mmu_prepare_zap_page(kvm, sp, &invalid_list);

		if (need_resched() || rwlock_needbreak(&kvm->mmu_lock)) {
			kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);
			flush = false;
			cond_resched_rwlock_write(&kvm->mmu_lock);
		}
	}

out_flush:
	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);
}

void kvm_arch_flush_shadow_memslot(struct kvm *kvm,
				   struct kvm_memory_slot *slot)
{
	struct kvm_gfn_range range = {
		.slot = slot,
		.start = slot->base_gfn,
		.end = slot->base_gfn + slot->npages,
		.may_block = true,
		.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,
	};
	bool zap_all = kvm->arch.vm_type == KVM_X86_DEFAULT_VM &&
		       kvm_check_has_quirk(kvm, KVM_X86_QUIRK_SLOT_ZAP_ALL);
	bool flush;

	write_lock(&kvm->mmu_lock);

#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE
	if (slot->gmem.file)
		kvm_arch_gmem_invalidate_range(kvm, &range);
#endif

	if (zap_all) {
		__kvm_mmu_zap_all_fast_front_half(kvm);
	} else {
		flush = kvm_unmap_gfn_range(kvm, &range);
		kvm_mmu_zap_memslot_pages_and_flush(kvm, slot, flush);
	}

	write_unlock(&kvm->mmu_lock);

	if (zap_all)
		__kvm_mmu_zap_all_fast_back_half(kvm);
}

void kvm_mmu_invalidate_mmio_sptes(struct kvm *kvm, u64 gen)
{
	WARN_ON_ONCE(gen & KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS);

	if (!enable_mmio_caching)
		return;

	gen &= MMIO_SPTE_GEN_MASK;

	/* address spaces start at different generations */
	gen &= ~((u64)kvm_arch_nr_memslot_as_ids(kvm) - 1);

	/* The generation wrapped: old MMIO entries would look current. */
	if (unlikely(gen == 0))
		kvm_mmu_zap_all_fast(kvm);
}

/* The module parameter changes: executable huge pages must go, or may come back. */
static int set_nx_huge_pages(struct kvm *kvm, bool new_val)
{
	bool old_val = nx_huge_pages;

	nx_huge_pages = new_val;

	if (new_val != old_val) {
		mutex_lock(&kvm->slots_lock);
		kvm_mmu_zap_all_fast(kvm);
		mutex_unlock(&kvm->slots_lock);
	}

	return 0;
}

void kvm_mmu_destroy(struct kvm_vcpu *vcpu)
{
	kvm_mmu_unload(vcpu);
	if (tdp_mmu_enabled) {
		read_lock(&vcpu->kvm->mmu_lock);
		mmu_free_root_page(vcpu->kvm, &vcpu->arch.mmu->mirror_root_hpa,
				   NULL);
		read_unlock(&vcpu->kvm->mmu_lock);
	}
	mmu_free_memory_caches(vcpu);
}

/* As many tables as one run of the worker takes: all of the few that the model has. */
static unsigned long nx_huge_pages_to_zap(struct kvm *kvm,
					  enum kvm_mmu_type mmu_type)
{
	return 2;
}

static bool kvm_mmu_sp_dirty_logging_enabled(struct kvm *kvm,
					     struct kvm_mmu_page *sp)
{
	struct kvm_memory_slot *slot;

	/* pages stay small while dirty ones are logged, so there is no point in zapping */
	if (!atomic_read(&kvm->nr_memslots_dirty_logging))
		return false;

	slot = __gfn_to_memslot(kvm_memslots_for_spte_role(kvm, sp->role), sp->gfn);
	if (WARN_ON_ONCE(!slot))
		return false;

	return kvm_slot_dirty_track_enabled(slot);
}

/* Give possible huge pages back: their tables are zapped, the next faults may map huge. */
static void kvm_recover_nx_huge_pages(struct kvm *kvm,
				      const enum kvm_mmu_type mmu_type)
{
	const bool is_tdp_mmu = mmu_type == KVM_TDP_MMU;
	spinlock_t *tdp_mmu_pages_lock = &kvm->arch.tdp_mmu_pages_lock;
	unsigned long to_zap = nx_huge_pages_to_zap(kvm, mmu_type);
	struct list_head *nx_huge_pages;
	struct kvm_mmu_page *sp;
	LIST_HEAD(invalid_list);
	bool flush = false;
	int rcu_idx;

	nx_huge_pages = &kvm->arch.possible_nx_huge_pages;

	rcu_idx = srcu_read_lock(&kvm->srcu);
	if (is_tdp_mmu)
		read_lock(&kvm->mmu_lock);
	else
		write_lock(&kvm->mmu_lock);

	/* tables are found and zapped without a reference to them; flush before this ends */
	rcu_read_lock();

	for ( ; to_zap; --to_zap) {
		if (is_tdp_mmu)
			spin_lock(tdp_mmu_pages_lock);

		if (list_empty(nx_huge_pages)) {
			if (is_tdp_mmu)
				spin_unlock(tdp_mmu_pages_lock);
			break;
		}

		/* the oldest first */
		sp = list_first_entry(nx_huge_pages,
				      struct kvm_mmu_page,
				      possible_nx_huge_page_link);
		WARN_ON_ONCE(!sp->nx_huge_page_disallowed);
		WARN_ON_ONCE(!sp->role.direct);

		unaccount_nx_huge_page(kvm, sp);

		if (is_tdp_mmu)
			spin_unlock(tdp_mmu_pages_lock);

		if (!kvm_mmu_sp_dirty_logging_enabled(kvm, sp)) {
			if (is_tdp_mmu)
				flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);
			else
				kvm_mmu_prepare_zap_page(kvm, sp, &invalid_list);
		}

		WARN_ON_ONCE(sp->nx_huge_page_disallowed);

		if (need_resched() || rwlock_needbreak(&kvm->mmu_lock)) {
			kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);
			rcu_read_unlock();

			if (is_tdp_mmu)
				cond_resched_rwlock_read(&kvm->mmu_lock);
			else
				cond_resched_rwlock_write(&kvm->mmu_lock);

			flush = false;
			rcu_read_lock();
		}
	}
	kvm_mmu_remote_flush_or_zap(kvm, &invalid_list, flush);

	rcu_read_unlock();

	if (is_tdp_mmu)
		read_unlock(&kvm->mmu_lock);
	else
		write_unlock(&kvm->mmu_lock);
	srcu_read_unlock(&kvm->srcu, rcu_idx);
}

int kvm_mmu_vendor_module_init(void)
{
	kvm_mmu_reset_all_pte_masks();
	return 0;
}

int kvm_mmu_post_init_vm(struct kvm *kvm)
{
	return 0;
}

void kvm_mmu_pre_destroy_vm(struct kvm *kvm)
{
	/* the recovery thread is a thread of the scenario, ended by it */
}

static bool hugepage_test_mixed(struct kvm_memory_slot *slot, gfn_t gfn,
				int level)
{
	return lpage_info_slot(gfn, slot, level)->disallow_lpage & KVM_LPAGE_MIXED_FLAG;
}

static void hugepage_clear_mixed(struct kvm_memory_slot *slot, gfn_t gfn,
				 int level)
{
	lpage_info_slot(gfn, slot, level)->disallow_lpage &= ~KVM_LPAGE_MIXED_FLAG;
}

static void hugepage_set_mixed(struct kvm_memory_slot *slot, gfn_t gfn,
			       int level)
{
	lpage_info_slot(gfn, slot, level)->disallow_lpage |= KVM_LPAGE_MIXED_FLAG;
}

bool kvm_arch_pre_set_memory_attributes(struct kvm *kvm,
					struct kvm_gfn_range *range)
{
	struct kvm_memory_slot *slot = range->slot;
	int level;

	if (WARN_ON_ONCE(!kvm_arch_has_private_mem(kvm)))
		return false;

	if (WARN_ON_ONCE(range->end <= range->start))
		return false;

	/*
	 * Huge pages that become mixed must not be mapped while the attributes change: widen what faults
	 * are turned away from. Only the ends of the range can lie within a huge page.
	 */
	for (level = PG_LEVEL_2M; level <= KVM_MAX_HUGEPAGE_LEVEL; level++) {
		gfn_t start = gfn_round_for_level(range->start, level);
		gfn_t end = gfn_round_for_level(range->end - 1, level);
		gfn_t nr_pages = KVM_PAGES_PER_HPAGE(level);

		if ((start != range->start || start + nr_pages > range->end) &&
		    start >= slot->base_gfn &&
		    start + nr_pages <= slot->base_gfn + slot->npages &&
		    !hugepage_test_mixed(slot, start, level))
			kvm_mmu_invalidate_range_add(kvm, start, start + nr_pages);

		if (end == start)
			continue;

		if ((end + nr_pages) > range->end &&
		    (end + nr_pages) <= (slot->base_gfn + slot->npages) &&
		    !hugepage_test_mixed(slot, end, level))
			kvm_mmu_invalidate_range_add(kvm, end, end + nr_pages);
	}

	/* what becomes private loses its shared mappings, and the other way round */
	if (range->arg.attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE)
		range->attr_filter = KVM_FILTER_SHARED;
	else
		range->attr_filter = KVM_FILTER_PRIVATE;

	return kvm_unmap_gfn_range(kvm, range);
}

static bool hugepage_has_attrs(struct kvm *kvm, struct kvm_memory_slot *slot,
			       gfn_t gfn, int level, unsigned long attrs)
{
	const unsigned long start = gfn;
	const unsigned long end = start + KVM_PAGES_PER_HPAGE(level);

	if (level == PG_LEVEL_2M)
		return kvm_range_has_memory_attributes(kvm, start, end, ~0, attrs);

	for (gfn = start; gfn < end; gfn += KVM_PAGES_PER_HPAGE(level - 1)) {
		if (hugepage_test_mixed(slot, gfn, level - 1) ||
		    attrs != kvm_get_memory_attributes(kvm, gfn))
			return false;
	}
	return true;
}

bool kvm_arch_post_set_memory_attributes(struct kvm *kvm,
					 struct kvm_gfn_range *range)
{
	unsigned long attrs = range->arg.attributes;
	struct kvm_memory_slot *slot = range->slot;
	int level;

	lockdep_assert_held_write(&kvm->mmu_lock);
	lockdep_assert_held(&kvm->slots_lock);

	if (WARN_ON_ONCE(!kvm_arch_has_private_mem(kvm)))
		return false;

	/* The sequence count keeps faults that read the old flags from mapping huge. */
	for (level = PG_LEVEL_2M; level <= KVM_MAX_HUGEPAGE_LEVEL; level++) {
		gfn_t nr_pages = KVM_PAGES_PER_HPAGE(level);
		gfn_t gfn = gfn_round_for_level(range->start, level);

		/* the head, if the range covers only a part of it */
		if (gfn != range->start || gfn + nr_pages > range->end) {
			if (gfn >= slot->base_gfn &&
			    gfn + nr_pages <= slot->base_gfn + slot->npages) {
				if (hugepage_has_attrs(kvm, slot, gfn, level, attrs))
					hugepage_clear_mixed(slot, gfn, level);
				else
					hugepage_set_mixed(slot, gfn, level);
			}
			gfn += nr_pages;
		}

		/* pages that are covered wholly have one attribute now */
		for ( ; gfn + nr_pages <= range->end; gfn += nr_pages)
			hugepage_clear_mixed(slot, gfn, level);

		/* the tail */
		if (gfn < range->end &&
		    (gfn + nr_pages) <= (slot->base_gfn + slot->npages)) {
			if (hugepage_has_attrs(kvm, slot, gfn, level, attrs))
				hugepage_clear_mixed(slot, gfn, level);
			else
				hugepage_set_mixed(slot, gfn, level);
		}
	}
	return false;
}

void kvm_mmu_init_memslot_memory_attributes(struct kvm *kvm,
					    struct kvm_memory_slot *slot)
{
	int level;

	if (!kvm_arch_has_private_mem(kvm))
		return;

	for (level = PG_LEVEL_2M; level <= KVM_MAX_HUGEPAGE_LEVEL; level++) {
		gfn_t end = gfn_round_for_level(slot->base_gfn + slot->npages, level);
		gfn_t start = gfn_round_for_level(slot->base_gfn, level);
		gfn_t nr_pages = KVM_PAGES_PER_HPAGE(level);
		gfn_t gfn;

		if (start < slot->base_gfn)
			start += nr_pages;

		for (gfn = start; gfn < end; gfn += nr_pages) {
			unsigned long attrs = kvm_get_memory_attributes(kvm, gfn);

			if (hugepage_has_attrs(kvm, slot, gfn, level, attrs))
				hugepage_clear_mixed(slot, gfn, level);
			else
				hugepage_set_mixed(slot, gfn, level);
		}
	}
}
