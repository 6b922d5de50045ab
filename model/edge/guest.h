/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest as the vCPU's hardware edge runs it: a list of ops per vCPU, one after the other, each
 * repeated after the exits that it causes until it is done. Stands where the kernel has VM entry.
 */
#ifndef __GUEST_H
#define __GUEST_H

#include "machine.h"

enum guest_op_kind {
	GUEST_OP_END,
	/* accesses: private memory of a TD unless `shared` is set */
	GUEST_OP_READ,
	GUEST_OP_WRITE,
	GUEST_OP_EXEC,
	/* TDG.MEM.PAGE.ACCEPT; nothing for other types */
	GUEST_OP_ACCEPT,
	/* asks the VMM for a conversion: TDG.VP.VMCALL<MapGPA> or KVM_HC_MAP_GPA_RANGE */
	GUEST_OP_MAP_SHARED,
	GUEST_OP_MAP_PRIVATE,
	/* computes without touching memory until an interrupt throws it out, once */
	GUEST_OP_IDLE,
	/* the next entry is made under zero-step mitigation (TDs) */
	GUEST_OP_ZERO_STEP,
	/* an SMI comes, or RSM ends SMM: which memslots and roots are in use changes (plain VMX guests) */
	GUEST_OP_SMI,
	GUEST_OP_RSM,
	/* the page becomes the registers of another vCPU (SNP); nothing for other types */
	GUEST_OP_MAKE_VMSA,
	/*
	 * an entry of a request for page state changes (SNP): those of ops that follow each other make one request,
	 * by the vCPU's GHCB (setup_ghcb()). Nothing for other types.
	 */
	GUEST_OP_PAGE_STATE,
};

struct guest_op {
	int kind;
	int shared;
	u64 gfn;
};

struct guest_program {
	/* the op that runs */
	int pc;
	int nr_ops;
	/* a hypercall of the op at `pc` was made and is answered: the op is over */
	int answered;
	const struct guest_op *ops;
};

/* VM entry, the guest's program, VM exit. Returns a GUEST_* exit reason or a TDX status. */
u64 guest_run(struct kvm_vcpu *vcpu);
gpa_t guest_op_gpa(struct kvm_vcpu *vcpu);
/* Is the request of this op for private memory, or for shared? */
static inline int guest_op_private(const struct guest_op *op)
{
	return op->kind == GUEST_OP_MAP_PRIVATE || (op->kind == GUEST_OP_PAGE_STATE && !op->shared);
}

#define EXIT_REASON_HLT 12
#define EXIT_REASON_VMCALL 18

#endif
