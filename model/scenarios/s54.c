/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S54: the creation of a vCPU fails late, another one is created, and the VM is destroyed.
 */
#include "driver.h"

void s54_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, setup_gmem(1), 0);
	setup_unfinished();
}

void s54_vmm(void)
{
	vmm_create_vcpu(1);
	vmm_create_vcpu(2);
	vmm_close_gmem(the_gmem);
	vmm_close_vm();
}
