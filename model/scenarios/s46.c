/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S46: user space converts the first gfn of a huge page, while the guest uses the others.
 */
#include "driver.h"

static const struct guest_op s46_ops[] = {
	{ GUEST_OP_READ, 1, 1 },
	{ GUEST_OP_WRITE, 1, 2 },
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
	setup_touch_shared(0, 1);
}

void s46_vcpu(void)
{
	vcpu_thread(0, s46_ops, ARRAY_SIZE(s46_ops), FAULT_STOP);
}

void s46_vmm(void)
{
	vmm_set_private(0, 1);
}
