/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S27: a memslot is bound to a guest_memfd, in which a hole is punched meanwhile.
 */
#include "driver.h"

static const struct guest_op s27_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

static const struct guest_op s27_plain_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

static int s27_type;

void s27_setup(int vm_type)
{
	int gmem;

	s27_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	vmm_allocate(gmem, 0, 1);
	setup_planned_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_ready();
}

/* The thread of a vCPU: user space empties the page before the guest gets to it. */
void s27_vcpu(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
	if (s27_type == KVM_X86_TDX_VM)
		vcpu_thread(0, s27_ops, ARRAY_SIZE(s27_ops), FAULT_STOP);
	else
		vcpu_thread(0, s27_plain_ops, ARRAY_SIZE(s27_plain_ops), FAULT_STOP);
}

void s27_vmm(void)
{
	vmm_create_slot(0, 0, 2, the_gmem, 0);
}
