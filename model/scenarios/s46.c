/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S46: user space converts a gfn in the middle of a huge page, while the guest uses the first and the last.
 */
#include "driver.h"

static const struct guest_op s46_ops[] = {
	{ GUEST_OP_READ, 1, 3 },
	{ GUEST_OP_WRITE, 1, 0 },
};

void s46_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(0);
	gmem = setup_gmem(4);
	setup_slot(0, 0, 4, gmem, 0);
	setup_ready();
	setup_touch_shared(0, 2);
}

void s46_vcpu(void)
{
	vcpu_thread(0, s46_ops, ARRAY_SIZE(s46_ops), FAULT_STOP);
}

void s46_vmm(void)
{
	vmm_set_private(1, 1);
}
