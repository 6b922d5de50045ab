/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S19: the VM's descriptors and the last one of its guest_memfd are closed by two threads.
 */
#include "driver.h"

void s19_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
	mm_take(0, 1, true);
}

void s19_vmm(void)
{
	vmm_close_vm();
}

void s19_other(void)
{
	if (the_gmem >= 0)
		vmm_close_gmem(the_gmem);
}
