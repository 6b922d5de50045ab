/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S60: a page is added to the image of a TD, and the TD is made final.
 */
#include "driver.h"

void s60_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(1);
	setup_slot(0, 0, 1, gmem, 0);
	setup_private(0, 1);
	setup_unfinished();
}

void s60_build(void)
{
	vmm_add_image(0, 0, 1);
}

void s60_vmm(void)
{
	vmm_finalize();
}
