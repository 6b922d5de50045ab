/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S18: gfn 0 is part of the initial image, gfn 1 is faulted in afterwards.
 */
#include "driver.h"

static const struct guest_op s18_ops[2][2] = {
	{ { GUEST_OP_WRITE, 0, 0 }, { GUEST_OP_READ, 0, 0 } },
	{ { GUEST_OP_ACCEPT, 0, 1 }, { GUEST_OP_WRITE, 0, 1 } },
};

void s18_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_image_page(0);
	setup_ready();
}

void s18_vcpu(int vcpu, int gfn)
{
	vcpu_thread(vcpu, s18_ops[gfn], 2, FAULT_STOP);
}
