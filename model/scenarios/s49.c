/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S49: dirty pages of a huge page are logged for a while.
 */
#include "driver.h"

static const struct guest_op s49_ops[] = {
	{ GUEST_OP_WRITE, 1, 2 },
};

void s49_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(0);
	setup_slot(0, 0, 4, -1, 0);
	setup_ready();
	setup_touch_shared(0, 1);
}

void s49_vcpu(void)
{
	vcpu_thread(0, s49_ops, ARRAY_SIZE(s49_ops), FAULT_STOP);
}

void s49_vmm(void)
{
	vmm_log_dirty_pages(0);
	vmm_stop_logging(0);
}
