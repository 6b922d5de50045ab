/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 side of VMs and vCPUs: the run loop with its requests in the kernel's order, memslots'
 * metadata, the causes of kvm_zap_gfn_range(), VM creation and destruction.
 */
#include "mmu.h"

struct kvm_host_values kvm_host = { .maxphyaddr = KVM_MODEL_MAXPHYADDR };
struct kvm_caps kvm_caps = {
	.supported_quirks = KVM_X86_QUIRK_SLOT_ZAP_ALL | KVM_X86_QUIRK_IGNORE_GUEST_PAT,
};
bool enable_apicv = true;

bool kvm_apicv_activated(struct kvm *kvm)
{
	return READ_ONCE(kvm->arch.apicv_inhibit_reasons) == 0;
}

static inline bool kvm_vcpu_exit_request(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mode) == EXITING_GUEST_MODE ||
	       kvm_request_pending(vcpu);
}

static void kvm_vcpu_flush_tlb_all(struct kvm_vcpu *vcpu)
{
	kvm_x86_call(flush_tlb_all)(vcpu);

	/* all includes the current one */
	kvm_clear_request(KVM_REQ_TLB_FLUSH_CURRENT, vcpu);
}

static void kvm_vcpu_flush_tlb_guest(struct kvm_vcpu *vcpu)
{
	kvm_x86_call(flush_tlb_guest)(vcpu);
}

static inline void kvm_vcpu_flush_tlb_current(struct kvm_vcpu *vcpu)
{
	kvm_x86_call(flush_tlb_current)(vcpu);
}

void kvm_service_local_tlb_flush_requests(struct kvm_vcpu *vcpu)
{
	if (kvm_check_request(KVM_REQ_TLB_FLUSH_CURRENT, vcpu))
		kvm_vcpu_flush_tlb_current(vcpu);

	if (kvm_check_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu))
		kvm_vcpu_flush_tlb_guest(vcpu);
}

static void kvm_vcpu_update_apicv(struct kvm_vcpu *vcpu)
{
	bool activate;

	down_read(&vcpu->kvm->arch.apicv_update_lock);

	activate = kvm_apicv_activated(vcpu->kvm);
	if (vcpu->arch.apicv_active == activate)
		goto out;

	vcpu->arch.apicv_active = activate;
	kvm_x86_call(refresh_apicv_exec_ctrl)(vcpu);

out:
	up_read(&vcpu->kvm->arch.apicv_update_lock);
}

static void set_or_clear_apicv_inhibit(unsigned long *inhibits,
				       enum kvm_apicv_inhibit reason, bool set)
{
	if (set)
		*inhibits |= BIT(reason);
	else
		*inhibits &= ~BIT(reason);
}

void __kvm_set_or_clear_apicv_inhibit(struct kvm *kvm,
				      enum kvm_apicv_inhibit reason, bool set)
{
	unsigned long old, new;

	lockdep_assert_held_write(&kvm->arch.apicv_update_lock);

	if (!(kvm_x86_ops.required_apicv_inhibits & BIT(reason)))
		return;

	old = new = kvm->arch.apicv_inhibit_reasons;

	set_or_clear_apicv_inhibit(&new, reason, set);

	if (!!old != !!new) {
		/* The request first: a vCPU that enters from here on waits for the lock in the update. */
		kvm_make_all_cpus_request(kvm, KVM_REQ_APICV_UPDATE);
		kvm->arch.apicv_inhibit_reasons = new;
		if (new) {
			unsigned long gfn = gpa_to_gfn(APIC_DEFAULT_PHYS_BASE);

			/* accesses to the APIC page are emulated from now on */
			kvm_zap_gfn_range(kvm, gfn, gfn + 1);
		}
	} else {
		kvm->arch.apicv_inhibit_reasons = new;
	}
}

void kvm_set_or_clear_apicv_inhibit(struct kvm *kvm,
				    enum kvm_apicv_inhibit reason, bool set)
{
	if (!enable_apicv)
		return;

	down_write(&kvm->arch.apicv_update_lock);
	__kvm_set_or_clear_apicv_inhibit(kvm, reason, set);
	up_write(&kvm->arch.apicv_update_lock);
}

static int vcpu_enter_guest(struct kvm_vcpu *vcpu)
{
	int r;
	fastpath_t exit_fastpath;
	u64 run_flags;

	if (kvm_request_pending(vcpu)) {
		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {
			r = -EIO;
			goto out;
		}

		if (kvm_check_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu))
			kvm_mmu_free_obsolete_roots(vcpu);

		/* all includes current and guest: handle it before them */
		if (kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu))
			kvm_vcpu_flush_tlb_all(vcpu);

		kvm_service_local_tlb_flush_requests(vcpu);

		if (kvm_check_request(KVM_REQ_APIC_PAGE_RELOAD, vcpu))
			kvm_make_request(KVM_REQ_TLB_FLUSH_CURRENT, vcpu);
		if (kvm_check_request(KVM_REQ_APICV_UPDATE, vcpu))
			kvm_vcpu_update_apicv(vcpu);

		if (kvm_check_request(KVM_REQ_UPDATE_PROTECTED_GUEST_STATE, vcpu)) {
			kvm_vcpu_reset(vcpu, true);
			if (vcpu->arch.mp_state != KVM_MP_STATE_RUNNABLE) {
				r = 1;
				goto out;
			}
		}
		if (kvm_check_request(KVM_REQ_VMSA_PAGE_RELOAD, vcpu))
			kvm_x86_call(reload_vmsa)(vcpu);
	}

	r = kvm_mmu_reload(vcpu);
	if (unlikely(r)) {
		goto cancel_injection;
	}

	preempt_disable();

	kvm_x86_call(prepare_switch_to_guest)(vcpu);

	/* From here until the exit no interrupt is taken: an IPI that comes waits for the guest to be left. */
	local_irq_disable();

	/* the mode before the last look at the requests: see kvm_vcpu_exiting_guest_mode() */
	smp_store_release(&vcpu->mode, IN_GUEST_MODE);

	kvm_vcpu_srcu_read_unlock(vcpu);

	/* also orders the mode before reads of page tables by the guest */
	smp_mb();

	if (kvm_vcpu_exit_request(vcpu)) {
		vcpu->mode = OUTSIDE_GUEST_MODE;
		smp_wmb();
		local_irq_enable();
		preempt_enable();
		kvm_vcpu_srcu_read_lock(vcpu);
		r = 1;
		goto cancel_injection;
	}

	run_flags = 0;

	for (;;) {
		exit_fastpath = kvm_x86_call(vcpu_run)(vcpu, run_flags);
		if (likely(exit_fastpath != EXIT_FASTPATH_REENTER_GUEST))
			break;

		if (unlikely(kvm_vcpu_exit_request(vcpu))) {
			exit_fastpath = EXIT_FASTPATH_EXIT_HANDLED;
			break;
		}

		run_flags = 0;
	}

	vcpu->mode = OUTSIDE_GUEST_MODE;
	smp_wmb();

	/* the interrupt that caused the exit is taken here */
	local_irq_enable();
	preempt_enable();

	kvm_vcpu_srcu_read_lock(vcpu);

	r = kvm_x86_call(handle_exit)(vcpu, exit_fastpath);
	return r;

cancel_injection:
out:
	return r;
}

/* RESET or INIT: only the vendor module has state to reset. */
void kvm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	kvm_x86_call(vcpu_reset)(vcpu, init_event);
}

static bool kvm_vcpu_running(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.mp_state == KVM_MP_STATE_RUNNABLE;
}

bool kvm_vcpu_has_events(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->arch.event_pending);
}

static int vcpu_block(struct kvm_vcpu *vcpu)
{
	/* no vCPU of the model halts in the kernel */
	WARN_ON_ONCE(1);
	return 0;
}

static int vcpu_run(struct kvm_vcpu *vcpu)
{
	int r;

	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;

	for (;;) {
		if (kvm_vcpu_running(vcpu)) {
			r = vcpu_enter_guest(vcpu);
		} else {
			r = vcpu_block(vcpu);
		}

		if (r <= 0)
			break;

		/* what waits for readers of the memslots gets its chance */
		if (signal_pending(current)) {
			kvm_vcpu_srcu_read_unlock(vcpu);
			r = -EINTR;
			vcpu->run->exit_reason = KVM_EXIT_INTR;
			kvm_vcpu_srcu_read_lock(vcpu);
			return r;
		}
	}

	return r;
}

int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
{
	struct kvm_run *kvm_run = vcpu->run;
	int r;

	r = kvm_mmu_post_init_vm(vcpu->kvm);
	if (r)
		return r;

	vcpu_load(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);

	if (unlikely(vcpu->arch.complete_userspace_io)) {
		int (*cui)(struct kvm_vcpu *) = vcpu->arch.complete_userspace_io;

		vcpu->arch.complete_userspace_io = NULL;
		r = cui(vcpu);
		if (r <= 0)
			goto out;
	}

	if (!vcpu->wants_to_run) {
		r = -EINTR;
		goto out;
	}

	r = vcpu_run(vcpu);

out:
	kvm_vcpu_srcu_read_unlock(vcpu);
	vcpu_put(vcpu);
	return r;
}

void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	kvm_x86_call(vcpu_load)(vcpu, cpu);

	if (unlikely(vcpu->cpu != cpu))
		vcpu->cpu = cpu;
}

void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
{
}

int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu)
{
	int r;

	vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu->arch.apicv_active = true;

	r = kvm_mmu_create(vcpu);
	if (r < 0)
		return r;

	r = kvm_x86_call(vcpu_create)(vcpu);
	if (r)
		return r;

	kvm_init_mmu(vcpu);
	return 0;
}

void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu)
{
	int idx;

	kvm_mmu_unload(vcpu);

	kvm_x86_call(vcpu_free)(vcpu);

	idx = srcu_read_lock(&vcpu->kvm->srcu);
	kvm_mmu_destroy(vcpu);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
}

/* user space may map private memory of no VM that has any */
bool kvm_arch_supports_gmem_init_shared(struct kvm *kvm)
{
	return !kvm_arch_has_private_mem(kvm);
}

/* Only SNP has something to do to the pages of a guest_memfd. */
#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT
int kvm_arch_gmem_make_private(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn,
			       kvm_pfn_t nr_pages)
{
	if (!kvm_x86_ops.gmem_make_private)
		return 0;

	return kvm_x86_call(gmem_make_private)(kvm, gfn, pfn, nr_pages);
}
#endif

#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_RECLAIM
void kvm_arch_gmem_reclaim(kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	if (!kvm_x86_ops.gmem_make_shared)
		return;

	kvm_x86_call(gmem_make_shared)(pfn, nr_pages);
}
#endif

#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE
void kvm_arch_gmem_invalidate_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	if (!kvm_x86_ops.gmem_invalidate_range)
		return;

	kvm_x86_call(gmem_invalidate_range)(kvm, range);
}
#endif

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

	ret = kvm_mmu_init_vm(kvm);
	if (ret)
		return ret;

	ret = kvm_x86_call(vm_init)(kvm);
	if (ret)
		goto out_uninit_mmu;

	atomic_set(&kvm->arch.noncoherent_dma_count, 0);

	return 0;

out_uninit_mmu:
	kvm_mmu_uninit_vm(kvm);
	return ret;
}

void kvm_arch_pre_destroy_vm(struct kvm *kvm)
{
	kvm_mmu_pre_destroy_vm(kvm);

	kvm_x86_call(vm_pre_destroy)(kvm);
}

void kvm_arch_destroy_vm(struct kvm *kvm)
{
	kvm_destroy_vcpus(kvm);
	kvm_mmu_uninit_vm(kvm);
	kvm_x86_call(vm_destroy)(kvm);
}

void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	int i;

	for (i = 1; i < KVM_NR_PAGE_SIZES; ++i) {
		vfree(slot->arch.lpage_info[i - 1]);
		slot->arch.lpage_info[i - 1] = NULL;
	}
}

static int kvm_alloc_memslot_metadata(struct kvm *kvm,
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

void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	/* MMIO entries remember the generation: it may have wrapped */
	kvm_mmu_invalidate_mmio_sptes(kvm, gen);

	/* those in the guest would go on with what they looked up before */
	kvm_for_each_vcpu(i, vcpu, kvm)
		kvm_vcpu_kick(vcpu);
}

int kvm_arch_prepare_memory_region(struct kvm *kvm,
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

static void kvm_mmu_slot_apply_flags(struct kvm *kvm,
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
		kvm_mmu_recover_huge_pages(kvm, new);
	} else {
		if (READ_ONCE(eager_page_split))
			kvm_mmu_slot_try_split_huge_pages(kvm, new, PG_LEVEL_4K);

		/* no CPU of the model logs by itself */
		kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_4K);

		/* after mmu_lock was dropped, which slots_lock makes safe */
		kvm_flush_remote_tlbs_memslot(kvm, new);
	}
}

void kvm_arch_commit_memory_region(struct kvm *kvm,
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

static void kvm_noncoherent_dma_assignment_start_or_stop(struct kvm *kvm)
{
	/*
	 * The memory type that entries carry depends on whether such a device is there, unless the guest's
	 * own choice is honoured always: make all entries anew.
	 */
	if (kvm_check_has_quirk(kvm, KVM_X86_QUIRK_IGNORE_GUEST_PAT))
		kvm_zap_gfn_range(kvm, gpa_to_gfn(0), gpa_to_gfn(~0ULL));
}

void kvm_arch_register_noncoherent_dma(struct kvm *kvm)
{
	if (atomic_inc_return(&kvm->arch.noncoherent_dma_count) == 1)
		kvm_noncoherent_dma_assignment_start_or_stop(kvm);
}

void kvm_arch_unregister_noncoherent_dma(struct kvm *kvm)
{
	if (!atomic_dec_return(&kvm->arch.noncoherent_dma_count))
		kvm_noncoherent_dma_assignment_start_or_stop(kvm);
}
