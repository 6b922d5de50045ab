/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S25: gfns 0 to 3 are one entry of the RMP; gfn 0, mapped by itself, is read, gfn 1 is punched.
 */
#include "driver.h"

static const struct guest_op s25_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
};

void s25_setup(int vm_type)
{
	setup_vm(vm_type, 1, GMEM_NR_PAGES);
	setup_huge_rmp(0);
	setup_prefault(0, 0);
}

void s25_vcpu(void)
{
	vcpu_thread(0, s25_ops, ARRAY_SIZE(s25_ops), FAULT_STOP);
}

void s25_vmm(void)
{
	vmm_punch_hole(the_gmem, 1, 1);
	host_reuse_page();
}
