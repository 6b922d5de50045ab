/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S39: a TD is made final while a vCPU asks to prefault.
 */
#include "driver.h"

static const struct guest_op s39_ops[] = {
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

void s39_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_image_page(0);
	setup_unfinished();
}

void s39_vmm(void)
{
	vmm_finalize();
	vcpu_thread(0, s39_ops, ARRAY_SIZE(s39_ops), FAULT_STOP);
}

void s39_prefault(void)
{
	vmm_prefault(1, 1, 1);
}
