/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S20: exit of the VMM's mm against a hole punch by another process.
 */
#include "driver.h"

void s20_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 1);
	setup_ready();
	setup_touch_private(0, 0);
	setup_touch_shared(0, 1);
}

void s20_mm(void)
{
	vmm_exit_mm();
}

void s20_other(void)
{
	if (the_gmem >= 0)
		vmm_punch_hole(the_gmem, 0, 1);
	host_reuse_page();
}
