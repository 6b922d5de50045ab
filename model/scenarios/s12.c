/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S12: the page of gfn 0 is removed and reused while a vCPU writes it through its TLB.
 */
#include "driver.h"

static const struct guest_op s12_ops[] = {
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
};

void s12_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s12_vcpu(void)
{
	vcpu_thread(0, s12_ops, ARRAY_SIZE(s12_ops), FAULT_STOP);
}

void s12_vmm(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
	host_reuse_page();
}
