/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S48: the VMSAs of vCPU 1 at gfn 1 and vCPU 2 at gfn 2, in a memslot that goes before its pages do.
 */
#include "driver.h"

static const struct guest_op s48_ops[] = {
	{ GUEST_OP_IDLE, 0, 0 },
};

void s48_setup(int vm_type)
{
	setup_vm(vm_type, 3, 3);
	setup_vmsa(1, 1);
	setup_vmsa(2, 2);
}

void s48_vcpu(void)
{
	vcpu_thread(2, s48_ops, ARRAY_SIZE(s48_ops), FAULT_STOP);
}

void s48_vmm(void)
{
	vmm_delete_slot(0);
	vmm_punch_hole(the_gmem, 1, 2);
	host_reuse_page();
	host_reuse_page();
}
