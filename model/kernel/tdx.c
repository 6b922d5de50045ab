/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs, where the tree has code for them: the ops that choose between a TD and a plain VMX guest, the
 * module's metadata, what a VMM says of its TD, and TDH.VP.ENTER.
 */
#include "entry.h"
#include "vmx/x86_ops.h"
#include "vt.h"

#ifdef TREE_HAS_TDX

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

static struct tdx_sys_info sysinfo = {
	.features = { .tdx_features0 = ~0ULL },
	.td_ctrl = { .tdr_base_size = PAGE_SIZE, .tdcs_base_size = PAGE_SIZE, .tdvps_base_size = PAGE_SIZE },
	.td_conf = {
		.attributes_fixed0 = ~0ULL,
		.xfam_fixed0 = ~0ULL,
		.xfam_fixed1 = 3,
		.max_vcpus_per_td = 64,
		.num_cpuid_config = 1,
		.cpuid_config_leaves = { 0xffffffff80000008ULL },
		.cpuid_config_values = { { ~0ULL, ~0ULL } },
	},
};

const struct tdx_sys_info *tdx_get_sysinfo(void)
{
	return &sysinfo;
}

int tdx_guest_keyid_alloc(void)
{
	return 1;
}

u32 tdx_get_nr_guest_keyids(void)
{
	return 1;
}

void tdx_guest_keyid_free(unsigned int keyid)
{
}

/* Metadata of the module that no rule of the MMU depends on. */
u64 tdh_mng_rd(struct tdx_td *td, u64 field, u64 *data)
{
	*data = 0;
	return 0;
}

u64 tdh_vp_rd(struct tdx_vp *vp, u64 field, u64 *data)
{
	*data = 0;
	return 0;
}

/* Of a TD vCPU's fields only the pointer to the shared tables matters here. */
u64 tdh_vp_wr(struct tdx_vp *vp, u64 field, u64 data, u64 mask)
{
	struct vcpu_tdx *tdx = container_of(vp, struct vcpu_tdx, vp);

	if (field == TDVPS_VMCS(SHARED_EPT_POINTER))
		__guest_load_root(&tdx->vcpu, data & PAGE_MASK, 4);
	return 0;
}

void enter_tdx_hardware_setup(void)
{
	enable_tdx = true;
	WARN_ON(tdx_hardware_setup());
}

size_t enter_tdx_vcpu_size(void)
{
	return sizeof(struct vcpu_tdx);
}

/* What a VMM says of its TD: 48 bits of guest physical address. */
static struct {
	struct kvm_tdx_init_vm vm;
	struct kvm_cpuid_entry2 entry;
} init_vm = {
	.vm = { .xfam = 3, .cpuid = { .nent = 1 } },
	.entry = { .function = 0x80000008, .eax = 48 << 16 },
};

void enter_tdx_prepare_vm(struct kvm *kvm)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (u64)&init_vm };

	if (kvm->arch.vm_type != KVM_X86_TDX_VM)
		return;
	/* what a VMM enables before: conversions exit to it, and TDs need KVM_CAP_SPLIT_IRQCHIP */
	kvm->arch.hypercall_exit_enabled = BIT(KVM_HC_MAP_GPA_RANGE);
	kvm->arch.irqchip_mode = KVM_IRQCHIP_SPLIT;
	WARN_ON(tdx_vm_ioctl(kvm, &cmd));
}

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
