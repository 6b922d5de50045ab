/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S46: user space converts one gfn of a huge page, while the guest uses its last and another: of a TD the second,
 * else the first, at which the range that is converted begins where the huge page does.
 */
#include "driver.h"

static const struct guest_op s46_ops[] = {
	{ GUEST_OP_READ, 1, 3 },
	{ GUEST_OP_WRITE, 1, 1 },
};

static const struct guest_op s46_td_ops[] = {
	{ GUEST_OP_READ, 1, 3 },
	{ GUEST_OP_WRITE, 1, 0 },
};

static int s46_type;

void s46_setup(int vm_type)
{
	int gmem;

	s46_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(0);
	gmem = setup_gmem(4);
	setup_slot(0, 0, 4, gmem, 0);
	setup_ready();
	setup_touch_shared(0, 2);
}

void s46_vcpu(void)
{
	if (s46_type == KVM_X86_TDX_VM)
		vcpu_thread(0, s46_td_ops, ARRAY_SIZE(s46_td_ops), FAULT_STOP);
	else
		vcpu_thread(0, s46_ops, ARRAY_SIZE(s46_ops), FAULT_STOP);
}

void s46_vmm(void)
{
	vmm_set_private(s46_type == KVM_X86_TDX_VM ? 1 : 0, 1);
}
