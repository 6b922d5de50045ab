/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S42: a vCPU lets go of an old root while the roots are walked.
 */
#include "driver.h"

void s42_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
	/* the vCPU's root is invalid and zapped now, and the vCPU holds the last reference to it */
	vmm_toggle_nx_huge_pages();
}

void s42_vcpu(void)
{
	vcpu_thread(0, NULL, 0, FAULT_STOP);
}

void s42_vmm(void)
{
	vmm_toggle_nx_huge_pages();
}
