/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S65: user space converts two gfns, the second of which is the first of a huge page, while the guest uses that
 * page's last.
 */
#include "driver.h"

static const struct guest_op s65_ops[] = {
	{ GUEST_OP_READ, 1, 7 },
	{ GUEST_OP_WRITE, 1, 5 },
};

void s65_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(4);
	gmem = setup_gmem(8);
	setup_slot(0, 0, 8, gmem, 0);
	setup_ready();
	setup_touch_shared(0, 6);
}

void s65_vcpu(void)
{
	vcpu_thread(0, s65_ops, ARRAY_SIZE(s65_ops), FAULT_STOP);
}

void s65_vmm(void)
{
	vmm_set_private(3, 2);
}
