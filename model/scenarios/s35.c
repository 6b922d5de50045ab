/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S35: user space asks for two names for one private page.
 */
#include "driver.h"

static const struct guest_op s35_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_ACCEPT, 0, 1 },
	{ GUEST_OP_WRITE, 0, 1 },
};

void s35_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 1, gmem, 0);
	setup_private(0, 2);
	setup_ready();
}

void s35_vcpu(void)
{
	vcpu_thread(0, s35_ops, ARRAY_SIZE(s35_ops), FAULT_STOP);
}

void s35_vmm(void)
{
	/* page 0 is behind gfn 0 already */
	vmm_create_slot(1, 1, 1, the_gmem, 0);
	/* gfn 0 once more, by its shared address */
	vmm_create_aliased_slot(2, 0, 1, the_gmem, 1);
	vmm_punch_hole(the_gmem, 0, 1);
}
