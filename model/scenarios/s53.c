/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S53: a page is prefaulted, in vain perhaps, and then used.
 */
#include "driver.h"

static const struct guest_op s53_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
};

void s53_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
}

void s53_vcpu(void)
{
	vmm_prefault(0, 0, 1);
	vcpu_thread(0, s53_ops, ARRAY_SIZE(s53_ops), FAULT_STOP);
}
