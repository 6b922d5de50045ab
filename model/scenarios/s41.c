/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S41: two vCPUs run for the first time, and the guest of the second uses memory.
 */
#include "driver.h"

static const struct guest_op s41_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

static const struct guest_op s41_plain_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

static int s41_type;

void s41_setup(int vm_type)
{
	s41_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	setup_slot(0, 0, 1, setup_gmem(1), 0);
	setup_private(0, 1);
	vmm_finalize();
	setup_unfinished();
}

void s41_vcpu(int vcpu, int nr_ops)
{
	if (s41_type == KVM_X86_TDX_VM)
		vcpu_thread(vcpu, s41_ops, nr_ops, FAULT_STOP);
	else
		vcpu_thread(vcpu, s41_plain_ops, nr_ops, FAULT_STOP);
}
