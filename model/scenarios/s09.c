/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S09: a caller zaps gfn 0 of a TD, and the guest reads what it had there.
 */
#include "driver.h"

static const struct guest_op s09_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

void s09_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s09_vcpu(void)
{
	vcpu_thread(0, s09_ops, ARRAY_SIZE(s09_ops), FAULT_STOP);
}

void s09_caller(void)
{
	vmm_zap_gfn_range(0, 1);
}
