/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S26: close of the file, deletion of its slot, and a fault.
 */
#include "driver.h"

static const struct guest_op s26_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
};

void s26_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
}

void s26_vcpu(void)
{
	vcpu_thread(0, s26_ops, ARRAY_SIZE(s26_ops), FAULT_STOP);
}

void s26_close(void)
{
	vmm_close_gmem(the_gmem);
}

void s26_vmm(void)
{
	vmm_delete_slot(0);
}
