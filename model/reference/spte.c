/* SPDX-License-Identifier: GPL-2.0-only */
/* Making shadow page table entries. Knows the bits of EPT; knows no table and no lock. */
#include "mmu.h"
#include "mmu_internal.h"
#include "spte.h"

bool enable_mmio_caching = true;
bool kvm_ad_enabled;
u64 shadow_host_writable_mask;
u64 shadow_mmu_writable_mask;
u64 shadow_nx_mask;
u64 shadow_user_mask;
u64 shadow_xs_mask;
u64 shadow_xu_mask;
u64 shadow_accessed_mask;
u64 shadow_dirty_mask;
u64 shadow_mmio_value;
u64 shadow_mmio_mask;
u64 shadow_mmio_access_mask;
u64 shadow_present_mask;
u64 shadow_me_value;
u64 shadow_acc_track_mask;

static u64 generation_mmio_spte_mask(u64 gen)
{
	u64 mask;

	WARN_ON_ONCE(gen & ~MMIO_SPTE_GEN_MASK);

	mask = (gen << MMIO_SPTE_GEN_LOW_SHIFT) & MMIO_SPTE_GEN_LOW_MASK;
	return mask;
}

u64 make_mmio_spte(struct kvm_vcpu *vcpu, u64 gfn, unsigned int access)
{
	u64 gen = kvm_vcpu_memslots(vcpu)->generation & MMIO_SPTE_GEN_MASK;
	u64 spte = generation_mmio_spte_mask(gen);
	u64 gpa = gfn << PAGE_SHIFT;

	access &= shadow_mmio_access_mask;
	spte |= vcpu->kvm->arch.shadow_mmio_value | access;
	spte |= gpa;

	return spte;
}

/* Can the entry change under us outside mmu_lock: by the fast fault path, or by the CPU's A/D bits? */
bool spte_needs_atomic_update(u64 spte)
{
	if (!is_writable_pte(spte) && is_mmu_writable_spte(spte))
		return true;

	if (!spte_ad_enabled(spte))
		return true;

	return is_writable_pte(spte) && !(spte & shadow_dirty_mask);
}

bool make_spte(struct kvm_vcpu *vcpu, struct kvm_mmu_page *sp,
	       const struct kvm_memory_slot *slot,
	       unsigned int pte_access, gfn_t gfn, kvm_pfn_t pfn,
	       u64 old_spte, bool prefetch, bool synchronizing,
	       bool host_writable, u64 *new_spte)
{
	int level = sp->role.level;
	u64 spte = SPTE_MMU_PRESENT_MASK;
	bool wrprot = false;

	/* a present entry that looks like a non-present one would be lost */
	WARN_ON_ONCE((pte_access | shadow_present_mask) == SHADOW_NONPRESENT_VALUE);

	if (sp->role.ad_disabled)
		spte |= SPTE_TDP_AD_DISABLED;
	else if (kvm_mmu_page_ad_need_write_protect(vcpu->kvm, sp))
		spte |= SPTE_TDP_AD_WRPROT_ONLY;

	spte |= shadow_present_mask;
	if (!prefetch || synchronizing)
		spte |= shadow_accessed_mask;

	/* huge pages are not executable while the iTLB erratum is worked around */
	if (level > PG_LEVEL_4K && is_nx_huge_page_enabled(vcpu->kvm)) {
		pte_access &= ~ACC_EXEC_MASK;
		if (shadow_xu_mask)
			pte_access &= ~ACC_USER_EXEC_MASK;
	}

	if (pte_access & ACC_READ_MASK)
		spte |= PT_PRESENT_MASK;

	if (shadow_nx_mask) {
		if (!(pte_access & ACC_EXEC_MASK))
			spte |= shadow_nx_mask;

		if (pte_access & ACC_USER_MASK)
			spte |= shadow_user_mask;
	} else {
		if (pte_access & ACC_EXEC_MASK)
			spte |= shadow_xs_mask;

		if (pte_access & ACC_USER_EXEC_MASK)
			spte |= shadow_xu_mask;
	}

	if (level > PG_LEVEL_4K)
		spte |= PT_PAGE_SIZE_MASK;

	if (host_writable)
		spte |= shadow_host_writable_mask;
	else
		pte_access &= ~ACC_WRITE_MASK;

	spte |= (u64)pfn << PAGE_SHIFT;

	if (pte_access & ACC_WRITE_MASK) {
		spte |= PT_WRITABLE_MASK | shadow_mmu_writable_mask |
			shadow_dirty_mask;
	}

	if (prefetch && !synchronizing)
		spte = mark_spte_for_access_track(spte);

	if ((spte & PT_WRITABLE_MASK) && kvm_slot_dirty_track_enabled(slot)) {
		/* kvm_mmu_hugepage_adjust() sees to it */
		WARN_ON_ONCE(level > PG_LEVEL_4K);
		mark_page_dirty_in_slot(vcpu->kvm, slot, gfn);
	}

	*new_spte = spte;
	return wrprot;
}

static u64 modify_spte_protections(u64 spte, u64 set, u64 clear)
{
	bool is_access_track = is_access_track_spte(spte);

	if (is_access_track)
		spte = restore_acc_track_spte(spte);

	KVM_MMU_WARN_ON(set & clear);
	spte = (spte | set) & ~clear;

	if (is_access_track)
		spte = mark_spte_for_access_track(spte);

	return spte;
}

static u64 change_spte_executable(u64 spte, u8 access)
{
	u64 set, clear;

	if (shadow_nx_mask)
		set = (access & ACC_EXEC_MASK) ? 0 : shadow_nx_mask;
	else
		set = (access & ACC_EXEC_MASK ? shadow_xs_mask : 0) |
		      (access & ACC_USER_EXEC_MASK ? shadow_xu_mask : 0);
	clear = set ^ (shadow_nx_mask | shadow_xs_mask | shadow_xu_mask);
	return modify_spte_protections(spte, set, clear);
}

u64 make_small_spte(struct kvm *kvm, u64 huge_spte,
		    union kvm_mmu_page_role role, int index)
{
	u64 child_spte = huge_spte;

	KVM_BUG_ON(!is_shadow_present_pte(huge_spte) || !is_large_pte(huge_spte), kvm);

	child_spte |= (index * KVM_PAGES_PER_HPAGE(role.level)) << PAGE_SHIFT;

	if (role.level == PG_LEVEL_4K) {
		child_spte &= ~PT_PAGE_SIZE_MASK;

		if (is_nx_huge_page_enabled(kvm))
			child_spte = change_spte_executable(child_spte, role.access);
	}

	return child_spte;
}

u64 make_huge_spte(struct kvm *kvm, u64 small_spte, int level)
{
	u64 huge_spte;

	KVM_BUG_ON(!is_shadow_present_pte(small_spte) || level == PG_LEVEL_4K, kvm);

	huge_spte = small_spte | PT_PAGE_SIZE_MASK;
	huge_spte &= KVM_HPAGE_MASK(level) | ~PAGE_MASK;

	if (is_nx_huge_page_enabled(kvm))
		huge_spte = change_spte_executable(huge_spte, 0);

	return huge_spte;
}

u64 make_nonleaf_spte(u64 *child_pt, bool ad_disabled)
{
	u64 spte = SPTE_MMU_PRESENT_MASK;

	spte |= __pa(child_pt) | shadow_present_mask | PT_WRITABLE_MASK |
		PT_PRESENT_MASK |
		shadow_user_mask | shadow_xs_mask | shadow_xu_mask | shadow_me_value;

	if (ad_disabled)
		spte |= SPTE_TDP_AD_DISABLED;
	else
		spte |= shadow_accessed_mask;

	return spte;
}

u64 mark_spte_for_access_track(u64 spte)
{
	if (spte_ad_enabled(spte))
		return spte & ~shadow_accessed_mask;

	if (is_access_track_spte(spte))
		return spte;

	check_spte_writable_invariants(spte);

	WARN_ONCE(spte & (SHADOW_ACC_TRACK_SAVED_BITS_MASK <<
			  SHADOW_ACC_TRACK_SAVED_BITS_SHIFT),
		  "the place for the saved bits is taken");

	spte |= (spte & SHADOW_ACC_TRACK_SAVED_BITS_MASK) <<
		SHADOW_ACC_TRACK_SAVED_BITS_SHIFT;
	spte &= ~(shadow_acc_track_mask | shadow_accessed_mask);

	return spte;
}

void kvm_mmu_set_mmio_spte_mask(u64 mmio_value, u64 mmio_mask, u64 access_mask)
{
	/* an MMIO entry and a frozen one must be told apart */
	if (WARN_ON((mmio_value & mmio_mask) != mmio_value) ||
	    WARN_ON(mmio_value && (FROZEN_SPTE & mmio_mask) == mmio_value))
		mmio_value = 0;

	if (!mmio_value)
		enable_mmio_caching = false;

	shadow_mmio_value = mmio_value;
	shadow_mmio_mask = mmio_mask;
	shadow_mmio_access_mask = access_mask;
}

/* A TD needs #VE, not a misconfiguration exit, for MMIO: value 0 with the #VE bit clear. */
void kvm_mmu_set_mmio_spte_value(struct kvm *kvm, u64 mmio_value)
{
	kvm->arch.shadow_mmio_value = mmio_value;
}

void kvm_mmu_set_ept_masks(bool has_ad_bits)
{
	kvm_ad_enabled = has_ad_bits;

	shadow_user_mask = 0;
	shadow_accessed_mask = VMX_EPT_ACCESS_BIT;
	shadow_dirty_mask = VMX_EPT_DIRTY_BIT;
	shadow_nx_mask = 0ull;
	shadow_xs_mask = VMX_EPT_EXECUTABLE_MASK;
	shadow_xu_mask = VMX_EPT_USER_EXECUTABLE_MASK;
	shadow_present_mask = VMX_EPT_SUPPRESS_VE_BIT;

	shadow_acc_track_mask = VMX_EPT_RWX_MASK | VMX_EPT_USER_EXECUTABLE_MASK;
	shadow_host_writable_mask = EPT_SPTE_HOST_WRITABLE;
	shadow_mmu_writable_mask = EPT_SPTE_MMU_WRITABLE;

	kvm_mmu_set_mmio_spte_mask(VMX_EPT_MISCONFIG_WX_VALUE,
				   VMX_EPT_RWX_MASK | VMX_EPT_SUPPRESS_VE_BIT, 0);
}

/* The format of nested page tables, which is that of the CPU's own. */
void kvm_mmu_reset_all_pte_masks(void)
{
	u64 mask;

	kvm_ad_enabled = true;

	shadow_user_mask = PT_USER_MASK;
	shadow_accessed_mask = PT_ACCESSED_MASK;
	shadow_dirty_mask = PT_DIRTY_MASK;
	shadow_nx_mask = PT64_NX_MASK;
	shadow_xs_mask = 0;
	shadow_xu_mask = 0;
	shadow_present_mask = PT_PRESENT_MASK;

	shadow_acc_track_mask = 0;
	shadow_me_value = 0;

	shadow_host_writable_mask = DEFAULT_SPTE_HOST_WRITABLE;
	shadow_mmu_writable_mask = DEFAULT_SPTE_MMU_WRITABLE;

	/* MMIO is an address that no CPU has: the fault says "reserved" */
	if (kvm_host.maxphyaddr < 52)
		mask = BIT_ULL(51) | PT_PRESENT_MASK;
	else
		mask = 0;

	kvm_mmu_set_mmio_spte_mask(mask, mask, ACC_WRITE_MASK | ACC_USER_MASK);
}
