/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S50: dirty logging ends, and the memslot's small pages would make a huge one, of which a part is given back.
 */
#include "driver.h"

static const struct guest_op s50_ops[] = {
	{ GUEST_OP_READ, 1, 5 },
};

void s50_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_huge_page(4);
	/* a multiple of a huge page, but none of what the level above covers */
	setup_slot(0, 4, 4, -1, 0);
	setup_ready();
	vmm_log_dirty_pages(0);
	setup_touch_shared(0, 5);
}

void s50_vmm(void)
{
	vmm_stop_logging(0);
}

/* A balloon: the vCPU's thread gives a page back, and lets its guest run again. */
void s50_vcpu(void)
{
	mm_take(7, 1, true);
	host_reuse_page();
	vcpu_thread(0, s50_ops, ARRAY_SIZE(s50_ops), FAULT_STOP);
}
