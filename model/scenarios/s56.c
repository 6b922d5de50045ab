/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S56: a TD is made final while a hole is punched into its initial image.
 */
#include "driver.h"

void s56_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(1);
	setup_slot(0, 0, 1, gmem, 0);
	setup_private(0, 1);
	setup_image_page(0);
	setup_unfinished();
}

void s56_vmm(void)
{
	vmm_finalize();
}

void s56_punch(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
}
