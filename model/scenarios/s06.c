/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S06: a hole is punched under a vCPU whose TLB is hot, and the page is reused.
 */
#include "driver.h"

static const struct guest_op s06_ops[] = {
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
};

void s06_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s06_vcpu(void)
{
	vcpu_thread(0, s06_ops, ARRAY_SIZE(s06_ops), FAULT_STOP);
}

void s06_vmm(void)
{
	if (the_gmem >= 0)
		vmm_punch_hole(the_gmem, 0, 1);
	else
		mm_take(0, 1, true);
	host_reuse_page();
}
