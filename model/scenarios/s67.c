/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S67: the firmware may refuse the page of an SNP guest's image. User space tries it once more, and in the end the
 * page goes.
 */
#include "driver.h"

static const struct guest_op s67_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

void s67_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(1);
	setup_slot(0, 0, 1, gmem, 0);
	setup_private(0, 1);
	setup_unfinished();
}

void s67_vmm(void)
{
	bool added = !vmm_add_image(0, 0, 1) || !vmm_add_image(0, 0, 1);

	if (added && !vmm_finalize())
		vcpu_thread(0, s67_ops, ARRAY_SIZE(s67_ops), FAULT_STOP);
	vmm_punch_hole(the_gmem, 0, 1);
	host_reuse_page();
}
