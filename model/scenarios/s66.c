/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S66: dirty pages are logged while the guest writes, as for a migration.
 */
#include "driver.h"

static const struct guest_op s66_ops[] = {
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_WRITE, 1, 1 },
	{ GUEST_OP_WRITE, 1, 0 },
};

static u64 s66_stopped;

void s66_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 2, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
}

void s66_vcpu(void)
{
	vcpu_thread(0, s66_ops, ARRAY_SIZE(s66_ops), FAULT_STOP);
	WRITE_ONCE(s66_stopped, 1);
}

void s66_vmm(void)
{
	vmm_log_dirty_pages(0);
	vmm_get_dirty_log(0);
	__wait_until(&s66_stopped, 1);
	vmm_get_last_dirty_log(0);
}
