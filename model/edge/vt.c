/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where there are TDs: the ops that choose between a TD and a plain VMX guest (vmx/main.c), and TDH.VP.ENTER.
 */
#include "entry.h"
#include "vt.h"

#ifdef TREE_HAS_TDX
#include "vmx/tdx.h"

int vt_vm_init(struct kvm *kvm)
{
	if (is_td(kvm))
		return tdx_vm_init(kvm);

	return vmx_vm_init(kvm);
}

void vt_vm_pre_destroy(struct kvm *kvm)
{
	if (is_td(kvm))
		tdx_mmu_release_hkid(kvm);
}

void vt_vm_destroy(struct kvm *kvm)
{
	if (is_td(kvm))
		tdx_vm_destroy(kvm);
}

int vt_vcpu_create(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu))
		return tdx_vcpu_create(vcpu);

	return vmx_vcpu_create(vcpu);
}

void vt_vcpu_free(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_vcpu_free(vcpu);
		return;
	}

	vmx_vcpu_free(vcpu);
}

void vt_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_vcpu_load(vcpu, cpu);
		return;
	}

	vmx_vcpu_load(vcpu, cpu);
}

fastpath_t vt_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	if (is_td_vcpu(vcpu))
		return tdx_vcpu_run(vcpu, run_flags);

	return vmx_vcpu_run(vcpu, run_flags);
}

int vt_handle_exit(struct kvm_vcpu *vcpu, fastpath_t fastpath)
{
	if (is_td_vcpu(vcpu))
		return tdx_handle_exit(vcpu, fastpath);

	return vmx_handle_exit(vcpu, fastpath);
}

void vt_flush_tlb_all(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_flush_tlb_all(vcpu);
		return;
	}

	vmx_flush_tlb_all(vcpu);
}

void vt_flush_tlb_current(struct kvm_vcpu *vcpu)
{
	if (is_td_vcpu(vcpu)) {
		tdx_flush_tlb_current(vcpu);
		return;
	}

	vmx_flush_tlb_current(vcpu);
}

void vt_flush_tlb_guest(struct kvm_vcpu *vcpu)
{
	/* the guest's own address spaces of a TD are the module's business */
	if (is_td_vcpu(vcpu))
		return;

	vmx_flush_tlb_guest(vcpu);
}

void vt_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int pgd_level)
{
	if (is_td_vcpu(vcpu)) {
		tdx_load_mmu_pgd(vcpu, root_hpa, pgd_level);
		return;
	}

	vmx_load_mmu_pgd(vcpu, root_hpa, pgd_level);
}

void vt_refresh_apicv_exec_ctrl(struct kvm_vcpu *vcpu)
{
	/* TDs always run with APICv */
	if (is_td_vcpu(vcpu))
		KVM_BUG_ON(!kvm_apicv_activated(vcpu->kvm), vcpu->kvm);
}

#ifdef TREE_HAS_GMEM_MAX_MAPPING_LEVEL
int vt_gmem_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn, bool is_private)
{
	if (is_td(kvm))
		return tdx_gmem_max_mapping_level(kvm, pfn, is_private);

	return 0;
}
#else
int vt_private_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn)
{
	if (is_td(kvm))
		return tdx_gmem_private_max_mapping_level(kvm, pfn);

	return 0;
}
#endif

/* The SEAMCALL and what the module leaves in registers. */
u64 tdh_vp_enter(struct tdx_vp *vp, struct tdx_module_args *args)
{
	struct vcpu_tdx *tdx = container_of(vp, struct vcpu_tdx, vp);
	struct kvm_vcpu *vcpu = &tdx->vcpu;
	u64 r = guest_run(vcpu);

	if (r == GUEST_EPT_VIOLATION || r == GUEST_EPT_MISCONFIG) {
		args->rcx = __guest_exit_qualification(vcpu);
		args->rdx = __guest_ext_exit_qualification(vcpu);
		args->r8 = __guest_exit_gpa(vcpu);
	} else if (r == GUEST_HYPERCALL) {
		/* TDG.VP.VMCALL<MapGPA> */
		args->r10 = 0;
		args->r11 = TDVMCALL_MAP_GPA;
		args->r12 = guest_op_gpa(vcpu);
		args->r13 = PAGE_SIZE;
	}
	return r;
}

#endif
