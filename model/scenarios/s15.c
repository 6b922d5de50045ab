/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S15: a table stands where a huge page could be, since the guest runs code there; the worker takes it away.
 */
#include "driver.h"

static const struct guest_op s15_ops[] = {
	/* a fault below the table, or below what takes its place */
	{ GUEST_OP_READ, 1, 2 },
	/* with the entries of the table cached */
	{ GUEST_OP_IDLE },
	{ GUEST_OP_READ, 1, 1 },
};

void s15_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(0);
	setup_slot(0, 0, 4, -1, 0);
	vmm_toggle_nx_huge_pages();
	setup_ready();
	setup_run_code(0, 1);
}

void s15_vcpu(void)
{
	vcpu_thread(0, s15_ops, ARRAY_SIZE(s15_ops), FAULT_STOP);
}

void s15_worker(void)
{
	vmm_nx_recovery();
}
