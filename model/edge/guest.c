/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VM entry, what the guest does while it is in, and VM exit. The guest's ops are the scenario's; what
 * an access does in tables and TLBs is the machine's.
 */
#include "entry.h"

/* The address that the current op uses, with a TD's shared bit where the op is shared. */
gpa_t guest_op_gpa(struct kvm_vcpu *vcpu)
{
	const struct guest_op *op = &guest_of(vcpu)->ops[guest_of(vcpu)->pc];
	gpa_t gpa = gfn_to_gpa(op->gfn);

	if (vcpu->kvm->arch.vm_type == KVM_X86_SNP_VM)
		return op->shared ? gpa : gpa | GUEST_C_BIT;
	if (op->shared || op->kind == GUEST_OP_MAP_SHARED)
		gpa |= gfn_to_gpa(kvm_gfn_direct_bits(vcpu->kvm));
	return gpa;
}

/* One op. GUEST_DONE: it is over. Anything above ends the stay in the guest. */
static u64 guest_step(struct kvm_vcpu *vcpu)
{
	struct guest_program *guest = guest_of(vcpu);
	const struct guest_op *op = &guest->ops[guest->pc];
	gpa_t gpa = guest_op_gpa(vcpu);
	u64 r;

	switch (op->kind) {
	case GUEST_OP_READ:
		r = __guest_access(vcpu, gpa, GUEST_READ);
		break;
	case GUEST_OP_WRITE:
		r = __guest_access(vcpu, gpa, GUEST_WRITE);
		break;
	case GUEST_OP_EXEC:
		r = __guest_access(vcpu, gpa, GUEST_EXEC);
		break;
	case GUEST_OP_ACCEPT:
		r = __guest_accept(vcpu, gpa);
		if (r == GUEST_ALREADY_ACCEPTED)
			r = GUEST_DONE;
		break;
	case GUEST_OP_MAP_SHARED:
	case GUEST_OP_MAP_PRIVATE:
		if (guest->answered)
			return GUEST_DONE;
		/* SNP: the guest takes its word back before it gives the page up */
		if (op->kind == GUEST_OP_MAP_SHARED && vcpu->kvm->arch.vm_type == KVM_X86_SNP_VM)
			r = __guest_validate(vcpu, gpa, 0);
		else
			r = GUEST_DONE;
		return r == GUEST_DONE || r == GUEST_ALREADY_ACCEPTED ? GUEST_HYPERCALL : r;
	case GUEST_OP_IDLE:
		/* the interrupt that ends it also ends the stay */
		r = __guest_idle(vcpu);
		guest->pc++;
		return r;
	case GUEST_OP_ZERO_STEP:
		__guest_arm_zero_step(vcpu);
		return GUEST_DONE;
	case GUEST_OP_MAKE_VMSA:
		r = __guest_make_vmsa(vcpu, gpa);
		break;
	default:
		return EXIT_REASON_HLT;
	}

	/* #VC: what the guest had here is gone. It stops, as Linux does. */
	if (r == GUEST_VC)
		return EXIT_REASON_HLT;

	/* #VE at a shared address is MMIO, which the guest asks user space for; else it accepts the page. */
	if (r == GUEST_VE && op->shared)
		return GUEST_DONE;
	else if (r == GUEST_VE)
		r = __guest_accept(vcpu, gpa);
	else if (r == GUEST_DONE)
		return r;
	/* accepted, or to be tried again: the op itself is still to come */
	if (r == GUEST_DONE || r == GUEST_ALREADY_ACCEPTED || r == GUEST_ACCEPT_BUSY)
		return GUEST_CONTINUE;
	return r;
}

u64 guest_run(struct kvm_vcpu *vcpu)
{
	struct guest_program *guest = guest_of(vcpu);
	u64 r = __guest_enter(vcpu);

	if (r)
		return r;

	for (;;) {
		if (guest->pc >= guest->nr_ops) {
			r = EXIT_REASON_HLT;
			break;
		}
		r = guest_step(vcpu);
		if (r == GUEST_DONE) {
			guest->pc++;
			guest->answered = 0;
		} else if (r != GUEST_CONTINUE) {
			break;
		}
	}

	__guest_exit(vcpu);
	return r;
}
