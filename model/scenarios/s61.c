/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S61: a vCPU goes into SMM and out of it while the kernel takes a page away that both address spaces map.
 */
#include "driver.h"

static const struct guest_op s61_ops[] = {
	{ GUEST_OP_SMI },
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_RSM },
};

void s61_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_slot(SMM_SLOT(0), 0, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
	setup_touch_smm(0, 0);
}

void s61_vcpu(void)
{
	vcpu_thread(0, s61_ops, ARRAY_SIZE(s61_ops), FAULT_STOP);
}

void s61_mm(void)
{
	mm_take(0, 1, true);
	host_reuse_page();
}
