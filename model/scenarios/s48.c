/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S48: the VMSA of vCPU 1 at gfn 1, in a memslot that goes before its page does.
 */
#include "driver.h"

static const struct guest_op s48_ops[] = {
	{ GUEST_OP_IDLE, 0, 0 },
};

void s48_setup(int vm_type)
{
	setup_vm(vm_type, 2, 2);
	setup_vmsa(1, 1);
}

void s48_vcpu(void)
{
	vcpu_thread(1, s48_ops, ARRAY_SIZE(s48_ops), FAULT_STOP);
}

void s48_vmm(void)
{
	vmm_delete_slot(0);
	vmm_punch_hole(the_gmem, 1, 1);
	host_reuse_page();
}
