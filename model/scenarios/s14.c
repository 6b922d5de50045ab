/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S14: a fault and a prefault against the deletion of their memslot.
 */
#include "driver.h"

static const struct guest_op s14_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

void s14_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
}

void s14_vcpu(void)
{
	vmm_prefault(0, 0, 1);
	vcpu_thread(0, s14_ops, ARRAY_SIZE(s14_ops), FAULT_STOP);
}

void s14_vmm(void)
{
	vmm_delete_slot(0);
}
