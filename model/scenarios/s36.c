/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S36: the sources of unmaps one after the other; no races.
 */
#include "driver.h"

void s36_setup(int vm_type)
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

void s36_vmm(void)
{
	/* both gfns: the private one has user memory behind it too, which nobody uses */
	mm_take(0, 2, true);
	vmm_toggle_nx_huge_pages();
	if (the_gmem >= 0) {
		vmm_set_private(1, 1);
		vmm_set_shared(0, 1);
		vmm_punch_hole(the_gmem, 0, 1);
	}
	vmm_delete_slot(0);
}
