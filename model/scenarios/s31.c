/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S31: the initial image of a TD is added in pieces, while a hole is punched under it.
 */
#include "driver.h"

void s31_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(4);
	setup_slot(0, 0, 3, gmem, 0);
	setup_private(0, 2);
	setup_unfinished();
	/* other SEAMCALLs on the TD may hold the module's locks */
	__machine_noise(1);
}

void s31_vmm(void)
{
	int left;

	/* gfn 2 is shared: it cannot be part of the image */
	vmm_add_image(0, 2, 1);
	/* what a signal has cut off is added by a second call */
	left = vmm_add_image(0, 0, 2);
	if (left < 0)
		left = 2;
	if (left)
		vmm_add_image(0, 2 - left, left);
}

void s31_punch(void)
{
	vmm_punch_hole(the_gmem, 1, 1);
}
