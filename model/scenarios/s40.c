/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S40: an unmap of two pages lets somebody else have mmu_lock in between.
 */
#include "driver.h"

static const struct guest_op s40_ops[] = {
	{ GUEST_OP_READ, 1, 0 },
};

void s40_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 2, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
	setup_touch_shared(0, 1);
}

void s40_vcpu(void)
{
	vcpu_thread(0, s40_ops, ARRAY_SIZE(s40_ops), FAULT_STOP);
}

void s40_mm(void)
{
	mm_take(0, 2, true);
}
