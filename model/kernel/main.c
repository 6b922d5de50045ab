/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor module's table: each op goes to the TD's or to the plain VMX guest's function. Stands for vmx/main.c. */
#include "entry.h"

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

static u8 vt_get_mt_mask(struct kvm_vcpu *vcpu, gfn_t gfn, bool is_mmio)
{
	return 6 << VMX_EPT_MT_EPTE_SHIFT;
}

static void vt_nop(struct kvm_vcpu *vcpu)
{
}

/* registers are always where they were last */
static void vt_cache_reg(struct kvm_vcpu *vcpu, int reg)
{
}

static bool vt_tdp_has_smep(struct kvm *kvm)
{
	return false;
}

struct kvm_x86_ops kvm_x86_ops;
struct kvm_x86_ops vt_x86_ops = {
	.vm_size = sizeof(struct kvm_vmx),
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
	.load_mmu_pgd = vt_load_mmu_pgd,
	.get_mt_mask = vt_get_mt_mask,
	.flush_tlb_all = vt_flush_tlb_all,
	.flush_tlb_current = vt_flush_tlb_current,
	.flush_tlb_guest = vt_flush_tlb_guest,
	.vcpu_run = vt_vcpu_run,
	.handle_exit = vt_handle_exit,
	.cache_reg = vt_cache_reg,
	.vcpu_blocking = vt_nop,
	.vcpu_unblocking = vt_nop,
	.tdp_has_smep = vt_tdp_has_smep,
	.refresh_apicv_exec_ctrl = vt_refresh_apicv_exec_ctrl,
	.gmem_max_mapping_level = vt_gmem_max_mapping_level,
};

/* ---- static calls: one pointer for each op that the tree's table names ---- */
#define KVM_X86_OP(func) typeof(((struct kvm_x86_ops *)0)->func) kvm_x86_##func;
#define KVM_X86_OP_OPTIONAL KVM_X86_OP
#define KVM_X86_OP_OPTIONAL_RET0 KVM_X86_OP
#include <asm/kvm-x86-ops.h>

static void vt_fill_static_calls(void)
{
#undef KVM_X86_OP
#undef KVM_X86_OP_OPTIONAL
#undef KVM_X86_OP_OPTIONAL_RET0
#define KVM_X86_OP(func) kvm_x86_##func = kvm_x86_ops.func;
#define KVM_X86_OP_OPTIONAL KVM_X86_OP
#define KVM_X86_OP_OPTIONAL_RET0 KVM_X86_OP
#include <asm/kvm-x86-ops.h>
}

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

void enter_hardware_setup(void)
{
	kvm_host.maxphyaddr = 48;
	kvm_mmu_x86_module_init();
	kvm_mmu_vendor_module_init();
	enable_tdx = true;
	kvm_configure_mmu(true, 0, 4, PG_LEVEL_1G);
	kvm_mmu_set_ept_masks(true);
	WARN_ON(tdx_hardware_setup());
	kvm_x86_ops = vt_x86_ops;
	vt_fill_static_calls();
	WARN_ON(kvm_init(sizeof(struct vcpu_tdx), __alignof__(struct vcpu_tdx), NULL));
}

/* What a VMM says of its TD: 48 bits of guest physical address. */
static struct {
	struct kvm_tdx_init_vm vm;
	struct kvm_cpuid_entry2 entry;
} init_vm = {
	.vm = { .xfam = 3, .cpuid = { .nent = 1 } },
	.entry = { .function = 0x80000008, .eax = 48 << 16 },
};

void enter_prepare_vm(struct kvm *kvm)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (u64)&init_vm };

	if (kvm->arch.vm_type != KVM_X86_TDX_VM)
		return;
	/* what a VMM enables before: conversions exit to it, and TDs need KVM_CAP_SPLIT_IRQCHIP */
	kvm->arch.hypercall_exit_enabled = BIT(KVM_HC_MAP_GPA_RANGE);
	kvm->arch.irqchip_mode = KVM_IRQCHIP_SPLIT;
	WARN_ON(tdx_vm_ioctl(kvm, &cmd));
}
