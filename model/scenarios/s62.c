/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S62: one request for three page state changes, of both kinds, by the GHCB, which somebody spoils meanwhile.
 */
#include "driver.h"

static const struct guest_op s62_ops[] = {
	{ GUEST_OP_PAGE_STATE, 1, 0 },
	{ GUEST_OP_PAGE_STATE, 1, 1 },
	{ GUEST_OP_PAGE_STATE, 0, 2 },
	{ GUEST_OP_WRITE, 1, 1 },
	{ GUEST_OP_ACCEPT, 0, 2 },
};

void s62_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(4);
	setup_slot(0, 0, 4, gmem, 0);
	setup_private(0, 2);
	setup_ready();
	setup_touch_private(0, 0);
	setup_touch_private(0, 1);
	setup_ghcb(0, 3);
}

void s62_vcpu(void)
{
	vcpu_thread(0, s62_ops, ARRAY_SIZE(s62_ops), FAULT_STOP);
}

void s62_vmm(void)
{
	vmm_spoil_request(0);
}
