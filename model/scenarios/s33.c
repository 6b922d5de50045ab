/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S33: a notifier for gfn 0 while deleting the slot of gfn 1 replaces all roots.
 */
#include "driver.h"

static const struct guest_op s33_ops[] = {
	{ GUEST_OP_READ, 1, 0 },
};

void s33_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_slot(1, 1, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
}

void s33_vcpu(void)
{
	vcpu_thread(0, s33_ops, ARRAY_SIZE(s33_ops), FAULT_STOP);
}

void s33_mm(void)
{
	mm_take(0, 1, true);
	host_reuse_page();
}

void s33_vmm(void)
{
	vmm_delete_slot(1);
}
