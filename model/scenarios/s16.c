/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S16: the NX worker of a TD, whose private memory has tables but no part in NX huge pages.
 */
#include "driver.h"

static const struct guest_op s16_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 1 },
	{ GUEST_OP_READ, 0, 0 },
};

void s16_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(4);
	setup_slot(0, 0, 4, gmem, 0);
	setup_private(0, 4);
	vmm_toggle_nx_huge_pages();
	setup_ready();
	setup_touch_private(0, 0);
}

void s16_vcpu(void)
{
	vcpu_thread(0, s16_ops, ARRAY_SIZE(s16_ops), FAULT_STOP);
}

void s16_worker(void)
{
	vmm_nx_recovery();
}
