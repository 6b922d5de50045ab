/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the MMU share among themselves: page table pages and faults in flight. */
#ifndef __KVM_X86_MMU_INTERNAL_H
#define __KVM_X86_MMU_INTERNAL_H

#include "mmu.h"

#ifdef CONFIG_KVM_PROVE_MMU
#define KVM_MMU_WARN_ON(x) WARN_ON_ONCE(x)
#else
#define KVM_MMU_WARN_ON(x) ((void)(x))
#endif

#define __PT_LEVEL_SHIFT(level, bits_per_level) \
	(PAGE_SHIFT + ((level) - 1) * (bits_per_level))
#define __PT_INDEX(address, level, bits_per_level) \
	(((address) >> __PT_LEVEL_SHIFT(level, bits_per_level)) & ((1 << (bits_per_level)) - 1))
#define __PT_ENT_PER_PAGE(bits_per_level) (1 << (bits_per_level))

/*
 * Of an entry's address, which sits in a local variable, this is an annotation for static checkers.
 * Pointers that are read from shared memory use srcu_dereference() or READ_ONCE() instead.
 */
#undef rcu_dereference
#define rcu_dereference(p) (p)

typedef u64 __rcu *tdp_ptep_t;

struct kvm_mmu_page {
	struct list_head link;
	bool tdp_mmu_page;
	bool tdp_mmu_scheduled_root_to_zap;
	bool nx_huge_page_disallowed;
	u8 mmu_valid_gen;
	union kvm_mmu_page_role role;
	gfn_t gfn;
	u64 *spt;
	refcount_t tdp_mmu_root_count;
	/* TDX: the page given to the module as the same table of the S-EPT */
	void *external_spt;
	tdp_ptep_t ptep;
	struct list_head possible_nx_huge_page_link;
	struct rcu_head rcu_head;
};

extern struct kmem_cache *mmu_page_header_cache;

static inline int kvm_mmu_role_as_id(union kvm_mmu_page_role role)
{
	return role.smm ? 1 : 0;
}

static inline int kvm_mmu_page_as_id(struct kvm_mmu_page *sp)
{
	return kvm_mmu_role_as_id(sp->role);
}

static inline bool is_mirror_sp(const struct kvm_mmu_page *sp)
{
	return sp->role.is_mirror;
}

static inline void kvm_mmu_alloc_external_spt(struct kvm_vcpu *vcpu, struct kvm_mmu_page *sp)
{
	sp->external_spt = kvm_mmu_memory_cache_alloc(&vcpu->arch.mmu_external_spt_cache);
}

static inline gfn_t kvm_gfn_root_bits(const struct kvm *kvm, const struct kvm_mmu_page *root)
{
	/* The mirror holds private gfns, which never carry the direct (shared) bit. */
	if (is_mirror_sp(root))
		return 0;

	return kvm_gfn_direct_bits(kvm);
}

static inline bool kvm_mmu_page_ad_need_write_protect(struct kvm *kvm,
						      struct kvm_mmu_page *sp)
{
	return sp->role.guest_mode;
}

static inline gfn_t gfn_round_for_level(gfn_t gfn, int level)
{
	return gfn & -KVM_PAGES_PER_HPAGE(level);
}

static inline void kvm_flush_remote_tlbs_gfn(struct kvm *kvm, gfn_t gfn, int level)
{
	kvm_flush_remote_tlbs_range(kvm, gfn_round_for_level(gfn, level),
				    KVM_PAGES_PER_HPAGE(level));
}

extern int nx_huge_pages;
static inline bool is_nx_huge_page_enabled(struct kvm *kvm)
{
	return nx_huge_pages && !kvm->arch.disable_nx_huge_pages;
}

struct kvm_page_fault {
	/* given by whoever reports the fault */
	const gpa_t addr;
	const u64 error_code;
	const bool prefetch;
	const bool exec;
	const bool write;
	const bool present;
	const bool rsvd;
	const bool user;
	const bool is_tdp;
	const bool is_private;
	const bool nx_huge_page_workaround_enabled;
	/* worked out on the way */
	bool huge_page_disallowed;
	u8 max_level;
	u8 req_level;
	u8 goal_level;
	gfn_t gfn;
	struct kvm_memory_slot *slot;
	unsigned long mmu_seq;
	kvm_pfn_t pfn;
	struct page *refcounted_page;
	bool map_writable;
	bool write_fault_to_shadow_pgtable;
};

enum {
	RET_PF_CONTINUE = 0,
	RET_PF_RETRY,
	RET_PF_EMULATE,
	RET_PF_WRITE_PROTECTED,
	RET_PF_INVALID,
	RET_PF_FIXED,
	RET_PF_SPURIOUS,
};

static inline void kvm_mmu_prepare_memory_fault_exit(struct kvm_vcpu *vcpu,
						     struct kvm_page_fault *fault)
{
	kvm_prepare_memory_fault_exit(vcpu, fault->gfn << PAGE_SHIFT,
				      PAGE_SIZE, fault->write, fault->exec,
				      fault->is_private);
}

int kvm_mmu_max_mapping_level(struct kvm *kvm, struct kvm_page_fault *fault,
			      const struct kvm_memory_slot *slot, gfn_t gfn);
void kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault);
void disallowed_hugepage_adjust(struct kvm_page_fault *fault, u64 spte, int cur_level);

enum kvm_mmu_type {
	KVM_SHADOW_MMU,
	KVM_TDP_MMU,
	KVM_NR_MMU_TYPES,
};

void track_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp,
				 enum kvm_mmu_type mmu_type);
void untrack_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp,
				   enum kvm_mmu_type mmu_type);

#endif
