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

/* The guest takes its word back for pages that it gives up, then asks for the changes, as Linux does. */
static u64 guest_page_states(struct kvm_vcpu *vcpu)
{
	struct guest_program *guest = guest_of(vcpu);
	const struct guest_op *ops = &guest->ops[guest->pc];
	int i, nr = 1;
	u64 r;

	if (vcpu->kvm->arch.vm_type != KVM_X86_SNP_VM)
		return GUEST_DONE;

	while (guest->pc + nr < guest->nr_ops && ops[nr].kind == GUEST_OP_PAGE_STATE)
		nr++;

	if (guest->answered) {
		guest->pc += nr - 1;
		return svm_page_states_answered(vcpu, ops, nr) ? GUEST_DONE : EXIT_REASON_HLT;
	}

	for (i = 0; i < nr; i++) {
		if (!ops[i].shared)
			continue;
		r = __guest_validate(vcpu, gfn_to_gpa(ops[i].gfn) | GUEST_C_BIT, 0);
		if (r != GUEST_DONE && r != GUEST_ALREADY_ACCEPTED)
			return r;
	}

	r = svm_ask_page_states(vcpu, ops, nr);
	if (r != GUEST_DONE)
		return r;
	for (i = 0; i < nr; i++)
		__guest_asks(vcpu, ops[i].gfn, !ops[i].shared);
	/* VMGEXIT is over when the guest is entered again, whatever the answer */
	guest->answered = 1;
	return GUEST_HYPERCALL;
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
		if (guest->answered) {
			/* user space's answer: what it refused is not done */
			if (!vcpu->run->hypercall.ret)
				__guest_told(vcpu, op->gfn, guest_op_private(op));
			return GUEST_DONE;
		}
		/* SNP: the guest takes its word back before it gives the page up */
		if (op->kind == GUEST_OP_MAP_SHARED && vcpu->kvm->arch.vm_type == KVM_X86_SNP_VM)
			r = __guest_validate(vcpu, gpa, 0);
		else
			r = GUEST_DONE;
		if (r != GUEST_DONE && r != GUEST_ALREADY_ACCEPTED)
			return r;
		__guest_asks(vcpu, op->gfn, guest_op_private(op));
		return GUEST_HYPERCALL;
	case GUEST_OP_PAGE_STATE:
		r = guest_page_states(vcpu);
		break;
	case GUEST_OP_IDLE:
		/* the interrupt that ends it also ends the stay */
		r = __guest_idle(vcpu);
		guest->pc++;
		return r;
	case GUEST_OP_SMI:
		__guest_smi(vcpu);
		guest->pc++;
		return GUEST_SMI;
	case GUEST_OP_RSM:
		__guest_rsm(vcpu);
		guest->pc++;
		return GUEST_RSM;
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
