/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S13: a non-blocking mmu_notifier against a fault and a memslot update.
 */
#include "driver.h"

static const struct guest_op s13_ops[] = {
	{ GUEST_OP_READ, 1, 1 },
};

void s13_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 1);
	setup_ready();
	setup_touch_shared(0, 1);
}

void s13_vcpu(void)
{
	vcpu_thread(0, s13_ops, ARRAY_SIZE(s13_ops), FAULT_STOP);
}

void s13_mm(void)
{
	mm_take(1, 1, false);
}

void s13_vmm(void)
{
	vmm_create_slot(1, 2, 1, -1, 0);
}
