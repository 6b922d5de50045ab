/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S29: the callers of kvm_zap_gfn_range() that 7.3 has, on every VM type that they reach.
 */
#include "driver.h"

static const struct guest_op s29_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

static int s29_type;

void s29_setup(int vm_type)
{
	s29_type = vm_type;
	setup_vm(vm_type, 1, 1);
	setup_touch_private(0, 0);
}

void s29_vcpu(void)
{
	vcpu_thread(0, s29_ops, ARRAY_SIZE(s29_ops), FAULT_STOP);
}

void s29_host(void)
{
	vmm_noncoherent_dma(true);
	if (s29_type != KVM_X86_TDX_VM)
		vmm_apicv_inhibit(true);
}
