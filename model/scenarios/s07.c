/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S07: user space uses its mapping of a guest_memfd whose pages are the guest's private memory.
 */
#include "driver.h"

static const struct guest_op s07_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

static const struct guest_op s07_plain_ops[] = {
	{ GUEST_OP_WRITE, 0, 0 },
};

static int s07_type;

void s07_setup(int vm_type)
{
	int gmem;

	s07_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_mapped_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_ready();
	/* the tables are there */
	setup_touch_private(0, 1);
}

void s07_vcpu(void)
{
	if (s07_type == KVM_X86_TDX_VM)
		vcpu_thread(0, s07_ops, ARRAY_SIZE(s07_ops), FAULT_STOP);
	else
		vcpu_thread(0, s07_plain_ops, ARRAY_SIZE(s07_plain_ops), FAULT_STOP);
}

void s07_vmm(void)
{
	vmm_write_gmem(0);
	vmm_punch_hole(the_gmem, 0, 1);
	vmm_write_gmem(0);
}
