/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S71: the VMM exits while a fast zap works on roots that are invalid already.
 */
#include "driver.h"

void s71_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 2, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
}

void s71_zap(void)
{
	vmm_toggle_nx_huge_pages();
}

void s71_mm(void)
{
	vmm_exit_mm();
	host_reuse_page();
}
