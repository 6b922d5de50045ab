/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S03: the slot of gfn 1 goes, the slot of gfn 0 in the same page table stays.
 */
#include "driver.h"

static const struct guest_op s03_user_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

static const struct guest_op s03_loser_ops[] = {
	{ GUEST_OP_READ, 0, 1 },
};

void s03_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 1, gmem, 0);
	setup_slot(1, 1, 1, gmem, 1);
	setup_private(0, 2);
	setup_ready();
	setup_touch_private(0, 0);
	setup_touch_private(1, 1);
}

void s03_vcpu0(void)
{
	vcpu_thread(0, s03_user_ops, ARRAY_SIZE(s03_user_ops), FAULT_STOP);
}

void s03_vcpu1(void)
{
	vcpu_thread(1, s03_loser_ops, ARRAY_SIZE(s03_loser_ops), FAULT_STOP);
}

void s03_vmm(void)
{
	vmm_delete_slot(1);
}
