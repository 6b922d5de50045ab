/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S68: the OOM reaper takes the VMM's memory away, from where nothing may sleep.
 */
#include "driver.h"

void s68_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 2, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
	setup_touch_shared(0, 1);
}

void s68_reaper(void)
{
	mm_take(0, 2, false);
	host_reuse_page();
}
