/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S58: memory that is shared and comes from a guest_memfd alone: faults don't go through user space's mapping, and
 * a hole punch has to unmap what is shared. VMs with private memory can have no guest_memfd that is shared from the
 * start; the memory of one that may be mapped serves shared faults all the same.
 */
#include "driver.h"

static const struct guest_op s58_ops[] = {
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_READ, 1, 1 },
};

void s58_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_mapped_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_ready();
	setup_touch_shared(0, 1);
}

void s58_vcpu(void)
{
	vcpu_thread(0, s58_ops, ARRAY_SIZE(s58_ops), FAULT_STOP);
}

void s58_vmm(void)
{
	/* where no guest_memfd can be mapped, shared memory is user space's own */
	if (gmem_is_mapped)
		vmm_punch_hole(the_gmem, 0, 2);
	else
		mm_take(0, 2, true);
	host_reuse_page();
}
