/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S24: gfns without memslot are made private and get one, while a vCPU uses them as MMIO.
 */
#include "driver.h"

static const struct guest_op s24_ops[] = {
	{ GUEST_OP_WRITE, 1, 1 },
	{ GUEST_OP_WRITE, 1, 2 },
};

void s24_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(3);
	setup_slot(0, 0, 1, gmem, 0);
	setup_ready();
	/* there is no memory: the entry of gfn 2 says so from now on */
	setup_touch_shared(0, 2);
}

void s24_vcpu(void)
{
	vcpu_thread(0, s24_ops, ARRAY_SIZE(s24_ops), FAULT_STOP);
}

void s24_vmm(void)
{
	vmm_set_private(1, 2);
	vmm_create_slot(1, 1, 2, the_gmem, 1);
}
