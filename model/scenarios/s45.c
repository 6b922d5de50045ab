/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S45: a page of a guest_memfd fails; user space gives the memslot up, and then the file's pages.
 */
#include "driver.h"

static const struct guest_op s45_ops[] = {
	{ GUEST_OP_READ, 0, 1 },
};

void s45_setup(int vm_type)
{
	setup_vm(vm_type, 1, 2);
	setup_touch_private(0, 0);
	setup_touch_private(0, 1);
}

void s45_vcpu(void)
{
	vcpu_thread(0, s45_ops, ARRAY_SIZE(s45_ops), FAULT_STOP);
}

void s45_vmm(void)
{
	vmm_memory_error(the_gmem, 0);
	vmm_delete_slot(0);
	vmm_punch_hole(the_gmem, 0, 2);
}
