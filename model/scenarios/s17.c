/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S17: two vCPUs fault on gfn 0 and gfn 1 under the same missing tables.
 */
#include "driver.h"

static const struct guest_op s17_ops[2][1] = {
	{ { GUEST_OP_ACCEPT, 0, 0 } },
	{ { GUEST_OP_ACCEPT, 0, 1 } },
};

static const struct guest_op s17_plain_ops[2][1] = {
	{ { GUEST_OP_READ, 0, 0 } },
	{ { GUEST_OP_READ, 0, 1 } },
};

static int s17_type;

void s17_setup(int vm_type)
{
	int gmem;

	s17_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(4);
	setup_slot(0, 0, 2, gmem, 0);
	setup_slot(1, 4, 1, gmem, 2);
	setup_private(0, 2);
	setup_private(4, 1);
	setup_ready();
	/* the upper table is there, the one of gfn 0 and 1 is not */
	setup_touch_private(0, 4);
	/* a vCPU that is not modelled may hold the module's locks */
	__machine_noise(1);
}

void s17_vcpu(int vcpu, int gfn)
{
	if (s17_type == KVM_X86_TDX_VM)
		vcpu_thread(vcpu, s17_ops[gfn], 1, FAULT_STOP);
	else
		vcpu_thread(vcpu, s17_plain_ops[gfn], 1, FAULT_STOP);
}
