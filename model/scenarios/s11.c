/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S11: gfn 0 is converted and gfn 1 is punched while a vCPU stays in the guest.
 */
#include "driver.h"

static const struct guest_op s11_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_READ, 0, 1 },
};

void s11_setup(int vm_type)
{
	setup_vm(vm_type, 1, 2);
	setup_touch_private(0, 0);
	setup_touch_private(0, 1);
}

void s11_vcpu(void)
{
	vcpu_thread(0, s11_ops, ARRAY_SIZE(s11_ops), FAULT_STOP);
}

void s11_convert(void)
{
	vmm_set_shared(0, 1);
}

void s11_punch(void)
{
	vmm_punch_hole(the_gmem, 1, 1);
}
