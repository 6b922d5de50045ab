/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S06: a hole is punched under a vCPU whose TLB is hot, and the page is reused. It is the third page of the file
 * and the second of the memslot, which begins at gfn 2.
 */
#include "driver.h"

static const struct guest_op s06_ops[] = {
	{ GUEST_OP_WRITE, 0, 3 },
	{ GUEST_OP_WRITE, 0, 3 },
};

void s06_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(4);
	setup_slot(0, 2, 2, gmem, 1);
	setup_private(2, 2);
	setup_ready();
	setup_touch_private(0, 3);
}

void s06_vcpu(void)
{
	vcpu_thread(0, s06_ops, ARRAY_SIZE(s06_ops), FAULT_STOP);
}

void s06_vmm(void)
{
	if (the_gmem >= 0)
		vmm_punch_hole(the_gmem, 2, 1);
	else
		mm_take(3, 1, true);
	host_reuse_page();
}
