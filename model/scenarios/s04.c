/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S04: one private fault against one conversion to shared.
 */
#include "driver.h"

static const struct guest_op s04_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

void s04_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
}

void s04_vcpu(void)
{
	vcpu_thread(0, s04_ops, ARRAY_SIZE(s04_ops), FAULT_STOP);
}

void s04_vmm(void)
{
	vmm_set_shared(0, 1);
}
