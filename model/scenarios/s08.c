/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S08: memory management wants to move a private page.
 */
#include "driver.h"

static const struct guest_op s08_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

void s08_setup(int vm_type)
{
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s08_vcpu(void)
{
	vcpu_thread(0, s08_ops, ARRAY_SIZE(s08_ops), FAULT_STOP);
}

void s08_mm(void)
{
	host_migrate_page(the_gmem, 0);
	host_reuse_page();
}
