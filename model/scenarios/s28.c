/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S28: a page is made writable again without a lock while it is taken away.
 */
#include "driver.h"

static const struct guest_op s28_ops[] = {
	{ GUEST_OP_WRITE, 1, 0 },
};

void s28_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
	/* write-protects the leaf */
	vmm_log_dirty_pages(0);
}

void s28_vcpu(void)
{
	vcpu_thread(0, s28_ops, ARRAY_SIZE(s28_ops), FAULT_STOP);
}

void s28_mm(void)
{
	mm_take(0, 1, true);
	host_reuse_page();
}
