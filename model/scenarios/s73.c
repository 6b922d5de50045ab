/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S73: the worker takes two tables away, one of them outside of SMM, where a vCPU has its entries cached, and one
 * of SMM, where another vCPU may be faster than it.
 */
#include "driver.h"

static const struct guest_op s73_handler_ops[] = {
	{ GUEST_OP_SMI },
	{ GUEST_OP_EXEC, 1, 1 },
};

static const struct guest_op s73_ops[] = {
	/* with the entries of the first table cached */
	{ GUEST_OP_IDLE },
};

/* 1: the first vCPU is about to enter the guest; 2: the worker runs */
static u64 s73_stage;

void s73_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	setup_huge_page(0);
	setup_slot(0, 0, 4, -1, 0);
	setup_slot(SMM_SLOT(0), 0, 4, -1, 0);
	vmm_toggle_nx_huge_pages();
	setup_recover_all();
	setup_ready();
	setup_run_code(0, 1);
	/* this one stays in SMM */
	WARN_ON(run_guest(the_vcpu[1], s73_handler_ops, ARRAY_SIZE(s73_handler_ops), FAULT_STOP));
}

void s73_vcpu(void)
{
	WRITE_ONCE(s73_stage, 1);
	vcpu_thread(0, s73_ops, ARRAY_SIZE(s73_ops), FAULT_STOP);
}

void s73_handler(void)
{
	/* what comes before the worker is S15's */
	__wait_until(&s73_stage, 2);
	/* a fault below the second table, or for the huge page in its place */
	vmm_prefault(1, 2, 1);
}

void s73_worker(void)
{
	__wait_until(&s73_stage, 1);
	WRITE_ONCE(s73_stage, 2);
	vmm_nx_recovery();
}
