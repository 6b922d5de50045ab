/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S10: gfn 0 is converted while it is being accepted and another vCPU enters under zero-step
 * mitigation.
 */
#include "driver.h"

static const struct guest_op s10_accept_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

static const struct guest_op s10_step_ops[] = {
	{ GUEST_OP_ZERO_STEP, 0, 0 },
	{ GUEST_OP_READ, 0, 1 },
};

void s10_setup(int vm_type)
{
	setup_vm(vm_type, 2, 2);
	setup_prefault(0, 0);
	setup_touch_private(1, 1);
}

void s10_vcpu0(void)
{
	vcpu_thread(0, s10_accept_ops, ARRAY_SIZE(s10_accept_ops), FAULT_STOP);
}

void s10_vcpu1(void)
{
	vcpu_thread(1, s10_step_ops, ARRAY_SIZE(s10_step_ops), FAULT_STOP);
}

void s10_vmm(void)
{
	vmm_set_shared(0, 1);
}
