/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S59: a memory error, the last close of the file, and the deletion of its slot.
 */
#include "driver.h"

void s59_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s59_mm(void)
{
	vmm_memory_error(the_gmem, 0);
}

void s59_close(void)
{
	vmm_close_gmem(the_gmem);
}

void s59_vmm(void)
{
	vmm_delete_slot(0);
}
