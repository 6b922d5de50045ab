/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S69: pages of the VMM that a vCPU has cached are aged and taken away.
 */
#include "driver.h"

static const struct guest_op s69_ops[] = {
	/* has a page cached until an interrupt comes */
	{ GUEST_OP_IDLE },
	{ GUEST_OP_READ, 1, 0 },
};

void s69_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(3);
	setup_slot(0, 0, 3, gmem, 0);
	setup_private(2, 1);
	setup_ready();
	setup_touch_private(0, 2);
	setup_touch_shared(0, 0);
	setup_touch_shared(0, 1);
	/* the page is old already, though the TLB has it; behind the private one the VMM has nothing */
	mm_age(1, 2, false);
	WARN_ON(mm_is_young(1));
}

void s69_vcpu(void)
{
	vcpu_thread(0, s69_ops, ARRAY_SIZE(s69_ops), FAULT_STOP);
}

void s69_reclaim(void)
{
	mm_age(0, 1, true);
}

void s69_mm(void)
{
	mm_take(0, 2, true);
	host_reuse_page();
}
