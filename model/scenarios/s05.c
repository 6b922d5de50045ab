/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S05: a private fault against a slot deletion and a hole punch.
 */
#include "driver.h"

/* the second is for TDs */
static const struct guest_op s05_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_ACCEPT, 0, 0 },
};

static int s05_type;

void s05_setup(int vm_type)
{
	s05_type = vm_type;
	setup_vm(vm_type, 1, 1);
}

void s05_vcpu(void)
{
	vcpu_thread(0, &s05_ops[s05_type == KVM_X86_TDX_VM], 1, FAULT_STOP);
}

void s05_vmm(void)
{
	vmm_delete_slot(0);
}

void s05_punch(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
}
