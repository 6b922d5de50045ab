/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S44: one page of the VMM has been taken away and another is being, while a vCPU faults on both.
 */
#include "driver.h"

static const struct guest_op s44_ops[] = {
	{ GUEST_OP_READ, 1, 0 },
	{ GUEST_OP_READ, 1, 1 },
};

/* the second invalidation has begun */
static u64 s44_begun;

void s44_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 2, -1, 0);
	setup_ready();
	/* the tables are there */
	setup_touch_shared(0, 0);
	setup_touch_shared(0, 1);
	mm_take(0, 2, true);
}

void s44_vcpu(void)
{
	vcpu_thread(0, s44_ops, ARRAY_SIZE(s44_ops), FAULT_STOP);
}

void s44_first(void)
{
	mm_take(0, 1, true);
}

void s44_second(void)
{
	mm_take_start(1, 1, true);
	WRITE_ONCE(s44_begun, 1);
}

void s44_end(void)
{
	__wait_until(&s44_begun, 1);
	mm_take_page(1);
	mm_take_end(1, 1, true);
}
