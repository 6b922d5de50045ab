/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S72: memory gives out while user space changes what its VM is made of. It goes on, and the VM ends well.
 */
#include "driver.h"

void s72_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(0);
	setup_slot(0, 0, 4, -1, 0);
	setup_slot(1, 4, 2, setup_gmem(2), 0);
	setup_ready();
	setup_touch_shared(0, 1);
}

void s72_vmm(void)
{
	__machine_scarce(1);
	/* the huge page is split for it */
	vmm_log_dirty_pages(0);
	vmm_stop_logging(0);
	vmm_set_private(4, 2);
	__machine_scarce(0);

	vmm_prefault(0, 5, 1);
	vmm_close_gmem(the_gmem);
	vmm_close_vm();
}
