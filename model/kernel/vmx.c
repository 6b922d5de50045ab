/* SPDX-License-Identifier: GPL-2.0-only */
/* Ops of plain VMX guests that the reference does without; model/edge/vmx.c has the others. */
#include "entry.h"
#include "vmx/vmx.h"
#include "vmx/x86_ops.h"

void vmx_vm_destroy(struct kvm *kvm)
{
}

void vmx_refresh_apicv_exec_ctrl(struct kvm_vcpu *vcpu)
{
}

/* registers are always where they were last */
void vmx_cache_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
}

u8 vmx_get_mt_mask(struct kvm_vcpu *vcpu, gfn_t gfn, bool is_mmio)
{
	return 6 << VMX_EPT_MT_EPTE_SHIFT;
}
