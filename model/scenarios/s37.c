/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S37: a page is punched out, the hole is filled with another page, and that one is mapped.
 */
#include "driver.h"

static const struct guest_op s37_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
};

static const struct guest_op s37_plain_ops[] = {
	{ GUEST_OP_WRITE, 0, 0 },
};

static int s37_type;

void s37_setup(int vm_type)
{
	s37_type = vm_type;
	setup_vm(vm_type, 2, 2);
	/* the tables are there, and so is the page of gfn 0, but no leaf for it */
	setup_touch_private(0, 1);
	vmm_allocate(the_gmem, 0, 1);
}

void s37_vcpu(void)
{
	if (s37_type == KVM_X86_TDX_VM)
		vcpu_thread(0, s37_ops, ARRAY_SIZE(s37_ops), FAULT_STOP);
	else
		vcpu_thread(0, s37_plain_ops, ARRAY_SIZE(s37_plain_ops), FAULT_STOP);
}

void s37_vmm(void)
{
	vmm_punch_hole(the_gmem, 0, 1);
	/* another process takes the page that was there: the hole is filled with another one */
	host_reuse_page();
	vmm_allocate(the_gmem, 0, 1);
	vmm_prefault(1, 0, 1);
}
