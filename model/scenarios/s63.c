/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S63: the worker takes a table away, which a vCPU has cached, while a page below it goes back to the host.
 */
#include "driver.h"

static const struct guest_op s63_ops[] = {
	/* has the entry cached until an interrupt comes */
	{ GUEST_OP_IDLE },
};

void s63_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(0);
	setup_slot(0, 0, 4, -1, 0);
	vmm_toggle_nx_huge_pages();
	setup_ready();
	setup_run_code(0, 1);
}

void s63_vcpu(void)
{
	vcpu_thread(0, s63_ops, ARRAY_SIZE(s63_ops), FAULT_STOP);
}

void s63_worker(void)
{
	vmm_nx_recovery();
}

void s63_mm(void)
{
	mm_take(1, 1, true);
	host_reuse_page();
}
