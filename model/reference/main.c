/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor module's table: each op goes to the TD's or to the plain VMX guest's function. */
#include "tdx.h"

static int vt_vm_init(struct kvm *kvm)
{
	if (is_td(kvm))
		return tdx_vm_init(kvm);

	return vmx_vm_init(kvm);
}

static void vt_vm_pre_destroy(struct kvm *kvm)
{
	if (is_td(kvm))
		tdx_mmu_release_hkid(kvm);
}

static void vt_vm_destroy(struct kvm *kvm)
{
	if (is_td(kvm))
		tdx_vm_destroy(kvm);
}

static int vt_vcpu_create(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu))
		return tdx_vcpu_create(vcpu);

	return vmx_vcpu_create(vcpu);
}

static void vt_vcpu_free(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_vcpu_free(vcpu);
		return;
	}

	vmx_vcpu_free(vcpu);
}

static void vt_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_vcpu_load(vcpu, cpu);
		return;
	}

	vmx_vcpu_load(vcpu, cpu);
}

/* the host's registers are of no interest */
static void vt_prepare_switch_to_guest(struct kvm_vcpu *vcpu)
{
}

static fastpath_t vt_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	if (is_td_vcpu(vcpu))
		return tdx_vcpu_run(vcpu, run_flags);

	return vmx_vcpu_run(vcpu, run_flags);
}

static int vt_handle_exit(struct kvm_vcpu *vcpu, fastpath_t fastpath)
{
	if (is_td_vcpu(vcpu))
		return tdx_handle_exit(vcpu, fastpath);

	return vmx_handle_exit(vcpu, fastpath);
}

static void vt_flush_tlb_all(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_flush_tlb_all(vcpu);
		return;
	}

	vmx_flush_tlb_all(vcpu);
}

static void vt_flush_tlb_current(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_flush_tlb_current(vcpu);
		return;
	}

	vmx_flush_tlb_current(vcpu);
}

static void vt_flush_tlb_guest(struct kvm_vcpu *vcpu)
{
	/* the guest's own address spaces of a TD are the module's business */
	if (is_td_vcpu(vcpu))
		return;

	vmx_flush_tlb_guest(vcpu);
}

static void vt_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa,
			    int pgd_level)
{
	if (is_td_vcpu(vcpu)) {
		tdx_load_mmu_pgd(vcpu, root_hpa, pgd_level);
		return;
	}

	vmx_load_mmu_pgd(vcpu, root_hpa, pgd_level);
}

static void vt_refresh_apicv_exec_ctrl(struct kvm_vcpu *vcpu)
{
	/* TDs always run with APICv */
	if (is_td_vcpu(vcpu))
		KVM_BUG_ON(!kvm_apicv_activated(vcpu->kvm), vcpu->kvm);
}

static int vt_gmem_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn,
				     bool is_private)
{
	if (is_td(kvm))
		return tdx_gmem_max_mapping_level(kvm, pfn, is_private);

	return 0;
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
