/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for arch/x86/kvm/x86.c with x86.c: VMs here, their creation and destruction, the metadata of memslots, the
 * pages of guest_memfds, non-coherent DMA. What is weak is compiled from a tree, where it has it.
 */
#include "entry.h"
#include "mmu.h"

/* user space may map private memory of no VM that has any */
__weak bool kvm_arch_supports_gmem_init_shared(struct kvm *kvm)
{
	return !kvm_arch_has_private_mem(kvm);
}

int kvm_arch_init_vm(struct kvm *kvm, unsigned long type)
{
	int ret;

	kvm->arch.vm_type = type;
	kvm->arch.has_private_mem =
		(type == KVM_X86_SW_PROTECTED_VM);
	/* TDs and SNP guests: once their image is complete */
	kvm->arch.pre_fault_allowed =
		type == KVM_X86_DEFAULT_VM || type == KVM_X86_SW_PROTECTED_VM;
	kvm->arch.disabled_quirks = kvm_caps.inapplicable_quirks & kvm_caps.supported_quirks;

#ifdef TREE_HAS_FALLIBLE_MMU_INIT
	ret = kvm_mmu_init_vm(kvm);
	if (ret)
		return ret;
#else
	kvm_mmu_init_vm(kvm);
#endif

	ret = kvm_x86_call(vm_init)(kvm);
	if (ret)
		goto out_uninit_mmu;

	atomic_set(&kvm->arch.noncoherent_dma_count, 0);

	return 0;

out_uninit_mmu:
	kvm_mmu_uninit_vm(kvm);
	return ret;
}

__weak void kvm_arch_pre_destroy_vm(struct kvm *kvm)
{
	kvm_mmu_pre_destroy_vm(kvm);

	kvm_x86_call(vm_pre_destroy)(kvm);
}

__weak void kvm_arch_destroy_vm(struct kvm *kvm)
{
	kvm_destroy_vcpus(kvm);
	kvm_mmu_uninit_vm(kvm);
	kvm_x86_call(vm_destroy)(kvm);
}

__weak void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	int i;

	for (i = 1; i < KVM_NR_PAGE_SIZES; ++i) {
		vfree(slot->arch.lpage_info[i - 1]);
		slot->arch.lpage_info[i - 1] = NULL;
	}
}

static __weak int kvm_alloc_memslot_metadata(struct kvm *kvm,
				      struct kvm_memory_slot *slot)
{
	unsigned long npages = slot->npages;
	int i;

	/* leftovers of an older slot would be taken for this one's */
	memset(&slot->arch, 0, sizeof(slot->arch));

	for (i = 1; i < KVM_NR_PAGE_SIZES; ++i) {
		struct kvm_lpage_info *linfo;
		unsigned long ugfn;
		int lpages;
		int level = i + 1;

		lpages = __kvm_mmu_slot_lpages(slot, npages, level);

		linfo = __vcalloc(lpages, sizeof(*linfo), GFP_KERNEL_ACCOUNT);
		if (!linfo)
			goto out_free;

		slot->arch.lpage_info[i - 1] = linfo;

		/* huge pages that stick out of the slot cannot be mapped */
		if (slot->base_gfn & (KVM_PAGES_PER_HPAGE(level) - 1))
			linfo[0].disallow_lpage = 1;
		if ((slot->base_gfn + npages) & (KVM_PAGES_PER_HPAGE(level) - 1))
			linfo[lpages - 1].disallow_lpage = 1;
		ugfn = slot->userspace_addr >> PAGE_SHIFT;
		/* nor those whose guest and host addresses are not aligned alike */
		if ((slot->base_gfn ^ ugfn) & (KVM_PAGES_PER_HPAGE(level) - 1)) {
			unsigned long j;

			for (j = 0; j < lpages; ++j)
				linfo[j].disallow_lpage = 1;
		}
	}

	kvm_mmu_init_memslot_memory_attributes(kvm, slot);

	return 0;

out_free:
	for (i = 1; i < KVM_NR_PAGE_SIZES; ++i) {
		vfree(slot->arch.lpage_info[i - 1]);
		slot->arch.lpage_info[i - 1] = NULL;
	}
	return -ENOMEM;
}

__weak void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	/* MMIO entries remember the generation: it may have wrapped */
	kvm_mmu_invalidate_mmio_sptes(kvm, gen);

	/* those in the guest would go on with what they looked up before */
	kvm_for_each_vcpu(i, vcpu, kvm)
		kvm_vcpu_kick(vcpu);
}

__weak int kvm_arch_prepare_memory_region(struct kvm *kvm,
				   const struct kvm_memory_slot *old,
				   struct kvm_memory_slot *new,
				   enum kvm_mr_change change)
{
	if (change == KVM_MR_CREATE || change == KVM_MR_MOVE) {
		if ((new->base_gfn + new->npages - 1) > kvm_mmu_max_gfn())
			return -EINVAL;

		/* the gfns of a slot are without the shared bit */
		if (kvm_is_gfn_alias(kvm, new->base_gfn + new->npages - 1))
			return -EINVAL;

		return kvm_alloc_memslot_metadata(kvm, new);
	}

	if (change == KVM_MR_FLAGS_ONLY)
		memcpy(&new->arch, &old->arch, sizeof(old->arch));
	else if (WARN_ON_ONCE(change != KVM_MR_DELETE))
		return -EIO;

	return 0;
}

/* no CPU of the model logs by itself */
__weak void kvm_arch_sync_dirty_log(struct kvm *kvm, struct kvm_memory_slot *memslot)
{
}

static __weak void kvm_mmu_slot_apply_flags(struct kvm *kvm,
				     struct kvm_memory_slot *old,
				     const struct kvm_memory_slot *new,
				     enum kvm_mr_change change)
{
	u32 old_flags = old ? old->flags : 0;
	u32 new_flags = new ? new->flags : 0;
	bool log_dirty_pages = new_flags & KVM_MEM_LOG_DIRTY_PAGES;

	/* creation and deletion have no entries to change, read-only slots none to write-protect */
	if ((change != KVM_MR_FLAGS_ONLY) || (new_flags & KVM_MEM_READONLY))
		return;

	if (WARN_ON_ONCE(!((old_flags ^ new_flags) & KVM_MEM_LOG_DIRTY_PAGES)))
		return;

	if (!log_dirty_pages) {
		/* pages that were split for the log may be huge again */
#ifdef TREE_HAS_RECOVER_HUGE_PAGES
		kvm_mmu_recover_huge_pages(kvm, new);
#else
		kvm_mmu_zap_collapsible_sptes(kvm, new);
#endif
	} else {
		if (kvm_dirty_log_manual_protect_and_init_set(kvm))
			return;

		if (READ_ONCE(eager_page_split))
			kvm_mmu_slot_try_split_huge_pages(kvm, new, PG_LEVEL_4K);

		/* no CPU of the model logs by itself */
		kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_4K);

		/* after mmu_lock was dropped, which slots_lock makes safe */
		kvm_flush_remote_tlbs_memslot(kvm, new);
	}
}

__weak void kvm_arch_commit_memory_region(struct kvm *kvm,
				struct kvm_memory_slot *old,
				const struct kvm_memory_slot *new,
				enum kvm_mr_change change)
{
	kvm_mmu_slot_apply_flags(kvm, old, new, change);

	/* a move has new metadata; the old slot's goes now */
	if (change == KVM_MR_MOVE)
		kvm_arch_free_memslot(kvm, old);
}

/* Only SEV needs its caches written back here. */
void kvm_arch_guest_memory_reclaimed(struct kvm *kvm)
{
	if (!kvm_x86_ops.guest_memory_reclaimed)
		return;

	kvm_x86_call(guest_memory_reclaimed)(kvm);
}

static __weak void kvm_noncoherent_dma_assignment_start_or_stop(struct kvm *kvm)
{
	/*
	 * The memory type that entries carry depends on whether such a device is there, unless the guest's
	 * own choice is honoured always: make all entries anew.
	 */
	if (kvm_check_has_quirk(kvm, KVM_X86_QUIRK_IGNORE_GUEST_PAT))
		kvm_zap_gfn_range(kvm, gpa_to_gfn(0), gpa_to_gfn(~0ULL));
}

__weak void kvm_arch_register_noncoherent_dma(struct kvm *kvm)
{
	if (atomic_inc_return(&kvm->arch.noncoherent_dma_count) == 1)
		kvm_noncoherent_dma_assignment_start_or_stop(kvm);
}

__weak void kvm_arch_unregister_noncoherent_dma(struct kvm *kvm)
{
	if (!atomic_dec_return(&kvm->arch.noncoherent_dma_count))
		kvm_noncoherent_dma_assignment_start_or_stop(kvm);
}
