/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S64: what goes over all memslots or all roots, in a VM with memory in both address spaces, one step after
 * the other. gfn 0 is the same memory in both; gfns 4 to 7 are SMRAM, with the handler's code in gfn 5, and a
 * device outside of SMM.
 */
#include "driver.h"

static const struct guest_op s64_ops[] = {
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_READ, 1, 5 },
	{ GUEST_OP_SMI },
	{ GUEST_OP_EXEC, 1, 5 },
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_RSM },
};

/* the whole of the handler: its table is full, as the worker finds it */
static const struct guest_op s64_handler_ops[] = {
	{ GUEST_OP_SMI },
	{ GUEST_OP_EXEC, 1, 4 },
	{ GUEST_OP_EXEC, 1, 6 },
	{ GUEST_OP_EXEC, 1, 7 },
	{ GUEST_OP_RSM },
};

/* without SMRAM, and there is none any more */
static const struct guest_op s64_last_ops[] = {
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_SMI },
	{ GUEST_OP_WRITE, 1, 0 },
};

void s64_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(4);
	setup_slot(0, 0, 1, -1, 0);
	setup_slot(SMM_SLOT(0), 0, 1, -1, 0);
	setup_slot(SMM_SLOT(1), 4, 4, -1, 0);
	vmm_toggle_nx_huge_pages();
	setup_ready();
}

void s64_vmm(void)
{
	vcpu_thread(0, s64_ops, ARRAY_SIZE(s64_ops), FAULT_STOP);
	vcpu_thread(0, s64_handler_ops, ARRAY_SIZE(s64_handler_ops), FAULT_STOP);
	vmm_log_dirty_pages(SMM_SLOT(0));
	vmm_nx_recovery();
	vcpu_thread(0, s64_ops, ARRAY_SIZE(s64_ops), FAULT_STOP);
	vmm_get_last_dirty_log(SMM_SLOT(0));
	vmm_stop_logging(SMM_SLOT(0));
	vmm_noncoherent_dma(true);
	vcpu_thread(0, s64_ops, ARRAY_SIZE(s64_ops), FAULT_STOP);
	vmm_delete_slot(SMM_SLOT(1));
	vcpu_thread(0, s64_last_ops, ARRAY_SIZE(s64_last_ops), FAULT_STOP);
	vmm_exit_mm();
	host_reuse_page();
}
