/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor module's table: each op goes to the TD's or to the plain VMX guest's function (model/edge/vt.c). */
#include "tdx.h"
#include "vt.h"

/* the host's registers are of no interest */
static void vt_prepare_switch_to_guest(struct kvm_vcpu *vcpu)
{
}

struct kvm_x86_ops kvm_x86_ops = {
	.vm_size = sizeof(struct kvm_tdx),
	.vcpu_size = sizeof(struct vcpu_tdx),
	.required_apicv_inhibits = BIT(APICV_INHIBIT_REASON_DISABLED) |
				   BIT(APICV_INHIBIT_REASON_HYPERV) |
				   BIT(APICV_INHIBIT_REASON_ABSENT) |
				   BIT(APICV_INHIBIT_REASON_BLOCKIRQ),
	.vm_init = vt_vm_init,
	.vm_pre_destroy = vt_vm_pre_destroy,
	.vm_destroy = vt_vm_destroy,
	.vcpu_create = vt_vcpu_create,
	.vcpu_free = vt_vcpu_free,
	.vcpu_load = vt_vcpu_load,
	.prepare_switch_to_guest = vt_prepare_switch_to_guest,
	.load_mmu_pgd = vt_load_mmu_pgd,
	.flush_tlb_all = vt_flush_tlb_all,
	.flush_tlb_current = vt_flush_tlb_current,
	.flush_tlb_guest = vt_flush_tlb_guest,
	.vcpu_run = vt_vcpu_run,
	.handle_exit = vt_handle_exit,
	.refresh_apicv_exec_ctrl = vt_refresh_apicv_exec_ctrl,
	.gmem_max_mapping_level = vt_gmem_max_mapping_level,
};
