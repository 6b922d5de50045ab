/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S23: the VMSA of vCPU 1 at gfn 1, in a page that a hole takes; another hole takes what it found in its place.
 */
#include "driver.h"

static const struct guest_op s23_ops[] = {
	{ GUEST_OP_IDLE, 0, 0 },
};

void s23_setup(int vm_type)
{
	setup_vm(vm_type, 2, 2);
	setup_vmsa(1, 1);
	/* nothing maps the page, so that no flush of TLBs throws the vCPU out */
	vmm_zap_gfn_range(1, 2);
}

void s23_vcpu(void)
{
	vcpu_thread(1, s23_ops, ARRAY_SIZE(s23_ops), FAULT_STOP);
}

void s23_vmm(void)
{
	vmm_punch_hole(the_gmem, 1, 1);
	vmm_punch_hole(the_gmem, 1, 1);
	host_reuse_page();
}
