/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S32: the TDX module refuses to take a page from a TD, for good.
 */
#include "driver.h"

static const struct guest_op s32_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

void s32_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
	__machine_refusals(1);
}

void s32_vcpu(void)
{
	vcpu_thread(0, s32_ops, ARRAY_SIZE(s32_ops), FAULT_STOP);
}

void s32_vmm(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
}
