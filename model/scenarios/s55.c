/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S55: S21 on a TD with nothing that would end the local retry of a private fault.
 */
#include "driver.h"

static const struct guest_op s55_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

void s55_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_ready();
	/* the tables are there, what is missing is a leaf */
	setup_touch_private(0, 1);
}

void s55_vcpu(void)
{
	vcpu_thread(0, s55_ops, ARRAY_SIZE(s55_ops), FAULT_STOP);
}

void s55_vmm(void)
{
	vmm_toggle_nx_huge_pages();
}
