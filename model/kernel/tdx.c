/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs, where the tree has code for them: the module's metadata, and what a VMM says of its TD.
 */
#include "entry.h"
#include "vmx/x86_ops.h"
#include "vt.h"

#ifdef TREE_HAS_TDX

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

#endif
