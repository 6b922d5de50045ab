/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor module's ops for TDs and plain VMX guests alike, where the tree has TDX; else VMX's own. */
#ifndef __VT_H
#define __VT_H

#include <linux/kvm_host.h>
#include "vmx/vmx.h"
#include "vmx/x86_ops.h"
#include "vmx/common.h"

#ifdef TREE_HAS_TDX
#define vt_op(name) vt_##name

int vt_vm_init(struct kvm *kvm);
void vt_vm_pre_destroy(struct kvm *kvm);
void vt_vm_destroy(struct kvm *kvm);
int vt_vcpu_create(struct kvm_vcpu *vcpu);
void vt_vcpu_free(struct kvm_vcpu *vcpu);
void vt_vcpu_load(struct kvm_vcpu *vcpu, int cpu);
fastpath_t vt_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags);
int vt_handle_exit(struct kvm_vcpu *vcpu, fastpath_t fastpath);
void vt_flush_tlb_all(struct kvm_vcpu *vcpu);
void vt_flush_tlb_current(struct kvm_vcpu *vcpu);
void vt_flush_tlb_guest(struct kvm_vcpu *vcpu);
void vt_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int pgd_level);
void vt_refresh_apicv_exec_ctrl(struct kvm_vcpu *vcpu);
int vt_gmem_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn, bool is_private);
int vt_private_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn);
#else
#define vt_op(name) vmx_##name
#endif

/* What hardware and assembler leave behind of an exit. */
static inline void set_exit(struct kvm_vcpu *vcpu, u64 reason, unsigned long qualification)
{
#ifdef TREE_HAS_VCPU_VT
	to_vt(vcpu)->exit_reason.full = reason;
	to_vt(vcpu)->exit_qualification = qualification;
#else
	to_vmx(vcpu)->exit_reason.full = reason;
	to_vmx(vcpu)->exit_qualification = qualification;
#endif
}

static inline u32 exit_reason_of(struct kvm_vcpu *vcpu)
{
#ifdef TREE_HAS_VCPU_VT
	return to_vt(vcpu)->exit_reason.basic;
#else
	return to_vmx(vcpu)->exit_reason.basic;
#endif
}

#endif
