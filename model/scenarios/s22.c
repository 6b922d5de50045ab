/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S22: gfn 0 goes private, shared, private, while its private page is punched.
 */
#include "driver.h"

static const struct guest_op s22_ops[] = {
	{ GUEST_OP_MAP_SHARED, 0, 0 },
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_MAP_PRIVATE, 0, 0 },
	{ GUEST_OP_ACCEPT, 0, 0 },
};

void s22_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s22_vcpu(void)
{
	vcpu_thread(0, s22_ops, ARRAY_SIZE(s22_ops), FAULT_STOP);
}

void s22_vmm(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
	host_reuse_page();
}
