/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S33: a notifier for gfn 0 while deleting the slot of gfn 1 replaces all roots. The vCPU that mapped gfn 0
 * stays out of it: a vCPU that loads new roots beside a fast zap is S21's.
 */
#include "driver.h"

void s33_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_slot(1, 1, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
}

void s33_mm(void)
{
	mm_take(0, 1, true);
	host_reuse_page();
}

void s33_vmm(void)
{
	vmm_delete_slot(1);
}
