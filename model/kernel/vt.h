/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor module's ops for TDs and plain VMX guests alike, where the tree has TDX; else VMX's own. */
#ifndef __VT_H
#define __VT_H

#include <linux/kvm_host.h>

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

/* the module is there, with one private key */
void enter_tdx_hardware_setup(void);
/* KVM_TDX_INIT_VM, if it is a TD */
void enter_tdx_prepare_vm(struct kvm *kvm);
/* bytes of KVM's record of a TD's vCPU */
size_t enter_tdx_vcpu_size(void);
#else
#define vt_op(name) vmx_##name
#define enter_tdx_hardware_setup() do { } while (0)
#define enter_tdx_prepare_vm(kvm) do { } while (0)
#define enter_tdx_vcpu_size() 0UL
#endif

#endif
