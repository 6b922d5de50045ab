/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S43: a conversion goes over two memslots, and only the first of them is mapped.
 */
#include "driver.h"

static const struct guest_op s43_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

void s43_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 1, gmem, 0);
	setup_slot(1, 1, 1, gmem, 1);
	setup_private(0, 2);
	setup_ready();
	setup_touch_private(0, 0);
}

void s43_vcpu(void)
{
	vcpu_thread(0, s43_ops, ARRAY_SIZE(s43_ops), FAULT_STOP);
}

void s43_vmm(void)
{
	vmm_set_shared(0, 2);
}
