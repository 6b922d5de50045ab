/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S41: two vCPUs run for the first time.
 */
#include "driver.h"

static const struct guest_op s41_ops[2][1] = {
	{ { GUEST_OP_ACCEPT, 0, 0 } },
	{ { GUEST_OP_ACCEPT, 0, 1 } },
};

static const struct guest_op s41_plain_ops[2][1] = {
	{ { GUEST_OP_READ, 0, 0 } },
	{ { GUEST_OP_READ, 0, 1 } },
};

static int s41_type;

void s41_setup(int vm_type)
{
	int gmem;

	s41_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	vmm_finalize();
	setup_unfinished();
}

void s41_vcpu(int vcpu, int gfn)
{
	if (s41_type == KVM_X86_TDX_VM)
		vcpu_thread(vcpu, s41_ops[gfn], 1, FAULT_STOP);
	else
		vcpu_thread(vcpu, s41_plain_ops[gfn], 1, FAULT_STOP);
}
