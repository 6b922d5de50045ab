/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vendor module's table of operations and its initialisation. Stands for vmx/main.c. Where the tree
 * has TDX, each op looks first whether it is a TD's (tdx.c).
 */
#include "entry.h"
#include "vmx/vmx.h"
#include "vmx/x86_ops.h"
#include "vt.h"

static void vt_nop(struct kvm_vcpu *vcpu)
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
	.vm_init = vt_op(vm_init),
	.vm_destroy = vt_op(vm_destroy),
	.vcpu_create = vt_op(vcpu_create),
	.vcpu_free = vt_op(vcpu_free),
	.vcpu_load = vt_op(vcpu_load),
	.prepare_switch_to_guest = vt_nop,
	.load_mmu_pgd = vt_op(load_mmu_pgd),
	.get_mt_mask = vmx_get_mt_mask,
	.flush_tlb_all = vt_op(flush_tlb_all),
	.flush_tlb_current = vt_op(flush_tlb_current),
	.flush_tlb_guest = vt_op(flush_tlb_guest),
	.vcpu_run = vt_op(vcpu_run),
	.handle_exit = vt_op(handle_exit),
	.cache_reg = vmx_cache_reg,
	.vcpu_blocking = vt_nop,
	.vcpu_unblocking = vt_nop,
#ifdef TREE_HAS_TDP_HAS_SMEP
	.tdp_has_smep = vt_tdp_has_smep,
#endif
	.refresh_apicv_exec_ctrl = vt_op(refresh_apicv_exec_ctrl),
#ifdef TREE_HAS_TDX
	.vm_pre_destroy = vt_vm_pre_destroy,
#endif
#if defined(TREE_HAS_TDX) && defined(TREE_HAS_GMEM_MAX_MAPPING_LEVEL)
	.gmem_max_mapping_level = vt_gmem_max_mapping_level,
#elif defined(TREE_HAS_TDX)
	.private_max_mapping_level = vt_private_max_mapping_level,
#endif
};

/* ---- static calls: one pointer for each op that the tree's table names ---- */
#define KVM_X86_OP(func) typeof(((struct kvm_x86_ops *)0)->func) kvm_x86_##func;
#define KVM_X86_OP_OPTIONAL KVM_X86_OP
#define KVM_X86_OP_OPTIONAL_RET0 KVM_X86_OP
#include <asm/kvm-x86-ops.h>

static long op_return0(void)
{
	return 0;
}

static void vt_fill_static_calls(void)
{
#undef KVM_X86_OP
#undef KVM_X86_OP_OPTIONAL
#undef KVM_X86_OP_OPTIONAL_RET0
#define KVM_X86_OP(func) kvm_x86_##func = kvm_x86_ops.func;
/* a static call of nothing does nothing */
#define KVM_X86_OP_OPTIONAL(func) \
	kvm_x86_##func = kvm_x86_ops.func ? kvm_x86_ops.func : (void *)op_return0;
#define KVM_X86_OP_OPTIONAL_RET0 KVM_X86_OP_OPTIONAL
#include <asm/kvm-x86-ops.h>
}

static void vmx_hardware_setup(void)
{
	kvm_mmu_vendor_module_init();
	kvm_configure_mmu(true, 0, 4, PG_LEVEL_1G);
#ifdef TREE_HAS_EPT_EXEC_ONLY
	kvm_mmu_set_ept_masks(true, true);
#else
	kvm_mmu_set_ept_masks(true);
#endif
	enter_tdx_hardware_setup();
}

void enter_hardware_setup(int vm_type)
{
	kvm_host.maxphyaddr = 48;
	kvm_mmu_x86_module_init();
	if (is_svm_type(vm_type)) {
		kvm_x86_ops = *svm_hardware_setup();
		svm_fill_ops(&kvm_x86_ops);
	} else {
		vmx_hardware_setup();
		kvm_x86_ops = vt_x86_ops;
	}
	vt_fill_static_calls();
	WARN_ON(kvm_init(is_svm_type(vm_type) ? svm_vcpu_size() : max(sizeof(struct vcpu_vmx), enter_tdx_vcpu_size()), 64, NULL));
}

void enter_prepare_vm(struct kvm *kvm)
{
	if (is_svm_type(kvm->arch.vm_type))
		svm_prepare_vm(kvm);
	else
		enter_tdx_prepare_vm(kvm);
}
