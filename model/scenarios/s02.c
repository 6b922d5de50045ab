/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S02: slot delete, hole punch, reuse, with a vCPU whose TLB is hot.
 */
#include "driver.h"

static const struct guest_op s02_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

void s02_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s02_vcpu(void)
{
	vcpu_thread(0, s02_ops, ARRAY_SIZE(s02_ops), FAULT_STOP);
}

void s02_vmm(void)
{
	vmm_delete_slot(0);
	if (the_gmem >= 0)
		vmm_punch_hole(the_gmem, 0, 1);
	else
		mm_take(0, 1, true);
	host_reuse_page();
}
