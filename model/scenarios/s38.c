/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S38: a guest touches private memory that it has not accepted.
 */
#include "driver.h"

static const struct guest_op s38_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

void s38_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
}

void s38_vcpu(void)
{
	vcpu_thread(0, s38_ops, ARRAY_SIZE(s38_ops), FAULT_STOP);
}
