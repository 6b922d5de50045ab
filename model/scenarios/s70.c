/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S70: holes are punched where the number of a page in its file is not that of its gfn.
 */
#include "driver.h"

void s70_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(4);
	/* pages 0 and 1, and further down 2 and 3 */
	setup_slot(0, 4, 2, gmem, 0);
	setup_slot(1, 1, 2, gmem, 2);
	setup_private(1, 2);
	setup_private(4, 2);
	setup_ready();
	setup_touch_private(0, 4);
	setup_touch_private(0, 5);
	setup_touch_private(0, 1);
	setup_touch_private(0, 2);
}

void s70_vmm(void)
{
	/* the end of one memslot */
	vmm_punch_hole(the_gmem, 3, 1);
	host_reuse_page();
	/* its beginning and the end of the other */
	vmm_punch_hole(the_gmem, 1, 2);
	host_reuse_page();

	/* what becomes of its binding when its neighbour's goes */
	vmm_prefault(0, 1, 1);
	vmm_delete_slot(0);
	vmm_punch_hole(the_gmem, 2, 1);
	host_reuse_page();
}
