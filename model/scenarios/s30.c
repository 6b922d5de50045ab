/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S30: user space asks for what a memslot with a guest_memfd cannot be, and deletes it.
 */
#include "driver.h"

static const struct guest_op s30_ops[] = {
	{ GUEST_OP_WRITE, 0, 1 },
	{ GUEST_OP_READ, 0, 1 },
};

void s30_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 1, 1, gmem, 0);
	setup_private(1, 1);
	setup_ready();
	setup_touch_private(0, 1);
}

void s30_vcpu(void)
{
	vcpu_thread(0, s30_ops, ARRAY_SIZE(s30_ops), FAULT_STOP);
}

void s30_vmm(void)
{
	vmm_log_dirty_pages(0);
	vmm_move_slot(0, 4);
	vmm_move_slot(0, 0);
	vmm_drop_gmem(0);
	vmm_create_read_only_slot(1, 2, 1, the_gmem, 1);
	vmm_create_slot(SMM_SLOT(1), 2, 1, the_gmem, 1);
	vmm_delete_slot(0);
}
