/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S01: a vCPU maps gfn 0 of a TD while its page is taken away and reused.
 */
#include "driver.h"

static const struct guest_op s01_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

void s01_setup(int vm_type)
{
	setup_vm(vm_type, 1, 2);
	/* the table above gfn 0 is there */
	setup_touch_private(0, 1);
}

void s01_vcpu(void)
{
	vcpu_thread(0, s01_ops, ARRAY_SIZE(s01_ops), FAULT_STOP);
}

void s01_vmm(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
	host_reuse_page();
}
