/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S52: launch of an SNP guest with an image of one page, gfn 0, which is prefaulted meanwhile with the next.
 */
#include "driver.h"

static const struct guest_op s52_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

void s52_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_unfinished();
}

void s52_vcpu(void)
{
	vmm_add_image(0, 0, 1);
	if (!vmm_finalize())
		vcpu_thread(0, s52_ops, ARRAY_SIZE(s52_ops), FAULT_STOP);
}

void s52_prefault(void)
{
	vmm_prefault(1, 0, 2);
}
