/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for arch/x86/kvm/x86.c with x86_vm.c: vCPUs here, the run loop with its requests in the kernel's order
 * and APICv's inhibition. What is weak is compiled from a tree, where it has it.
 */
#include "entry.h"
#include "mmu.h"

bool enable_apicv = true;

__weak bool kvm_apicv_activated(struct kvm *kvm)
{
	return READ_ONCE(kvm->arch.apicv_inhibit_reasons) == 0;
}

static inline bool kvm_vcpu_exit_request(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mode) == EXITING_GUEST_MODE ||
	       kvm_request_pending(vcpu);
}

static __weak void kvm_vcpu_flush_tlb_all(struct kvm_vcpu *vcpu)
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

__weak void kvm_service_local_tlb_flush_requests(struct kvm_vcpu *vcpu)
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
	if (vcpu->arch.apic->apicv_active == activate)
		goto out;

	vcpu->arch.apic->apicv_active = activate;
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

__weak void __kvm_set_or_clear_apicv_inhibit(struct kvm *kvm,
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

__weak void kvm_set_or_clear_apicv_inhibit(struct kvm *kvm,
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
#ifdef TREE_HAS_RELOAD_VMSA
		if (kvm_check_request(KVM_REQ_VMSA_PAGE_RELOAD, vcpu))
			kvm_x86_call(reload_vmsa)(vcpu);
#endif
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
	smp_mb__after_srcu_read_unlock();

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
	return READ_ONCE(guest_event(vcpu));
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

void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu)
{
	int idx;

	kvm_mmu_unload(vcpu);

	kvm_x86_call(vcpu_free)(vcpu);

	idx = srcu_read_lock(&vcpu->kvm->srcu);
	kvm_mmu_destroy(vcpu);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
}
