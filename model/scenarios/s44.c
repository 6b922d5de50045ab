/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S44: pages of the VMM are taken away, one after another and two at once, while two faults are handled.
 */
#include "driver.h"

/* the second invalidation has begun */
static u64 s44_begun;

void s44_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 2, -1, 0);
	setup_ready();
	/* the tables are there, but no leaf for gfn 0 */
	setup_touch_shared(0, 1);
}

void s44_vcpu(void)
{
	vmm_prefault(0, 1, 1);
	vmm_prefault(0, 0, 1);
}

void s44_first(void)
{
	/* the first is over when the second begins */
	mm_take(0, 1, true);
	mm_take_start(1, 1, true);
	WRITE_ONCE(s44_begun, 1);
}

void s44_second(void)
{
	__wait_until(&s44_begun, 1);
	/* while the second is under way, there is a third */
	mm_take_start(0, 1, true);
	mm_take_page(1);
	mm_take_end(1, 1, true);
	mm_take_page(0);
	mm_take_end(0, 1, true);
}
