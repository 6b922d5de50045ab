/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S57: a guest does what its VM is killed for while another vCPU's memory is prefaulted.
 */
#include "driver.h"

static const struct guest_op s57_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

void s57_setup(int vm_type)
{
	setup_vm(vm_type, 2, 2);
	/* a page that the guest has not accepted, and tables for the other one */
	setup_prefault(0, 0);
}

void s57_vcpu(void)
{
	vcpu_thread(0, s57_ops, ARRAY_SIZE(s57_ops), FAULT_STOP);
}

void s57_prefault(void)
{
	vmm_prefault(1, 1, 1);
}
