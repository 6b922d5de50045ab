/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests on SVM: what KVM keeps of a SEV, SEV-ES or SNP guest and of its vCPUs, and the VMCB as far as these use it. */
#ifndef __SVM_SVM_H
#define __SVM_SVM_H

#include "mmu.h"
#include "guest.h"
#include "sev.h"

#define TLB_CONTROL_DO_NOTHING 0
#define TLB_CONTROL_FLUSH_ASID 3

#define SVM_EXIT_INTR 0x060
#define SVM_EXIT_HLT 0x078
#define SVM_EXIT_NPF 0x400
#define SVM_EXIT_VMGEXIT 0x403
#define SVM_EXIT_ERR -1

#define SVM_VMGEXIT_AP_CREATE_ON_INIT 0
#define SVM_VMGEXIT_AP_CREATE 1
#define SVM_VMGEXIT_AP_DESTROY 2

#define SVM_MISC_ENABLE_SEV BIT(1)
#define SVM_MISC_ENABLE_SEV_ES BIT(2)
#define SVM_SEV_FEAT_SNP_ACTIVE BIT(0)

/* the GHCB MSR: requests that need no page of their own */
#define GHCB_MSR_INFO_MASK GENMASK_ULL(11, 0)
#define GHCB_MSR_SEV_INFO_RESP 0x001
#define GHCB_MSR_PSC_REQ 0x014
#define GHCB_MSR_PSC_RESP 0x015
#define GHCB_MSR_PSC_RESP_ERROR (BIT_ULL(32) | GHCB_MSR_PSC_RESP)
#define GHCB_MSR_TERM_REQ 0x100
#define GHCB_MSR_PSC_REQ_GFN(gfn, op) (((u64)(op) << 52) | ((u64)(gfn) << 12) | GHCB_MSR_PSC_REQ)
#define GHCB_MSR_PSC_REQ_TO_GFN(msr) (((msr) & GENMASK_ULL(51, 12)) >> 12)
#define GHCB_MSR_PSC_REQ_TO_OP(msr) (((msr) & GENMASK_ULL(55, 52)) >> 52)
#define SNP_PAGE_STATE_PRIVATE 1
#define SNP_PAGE_STATE_SHARED 2
#define GHCB_VERSION_MAX 2ULL

struct vmcb_control_area {
	u32 asid;
	u8 tlb_ctl;
	u64 misc_ctl;
	u32 clean;
	u64 exit_code;
	u64 exit_info_1;
	u64 exit_info_2;
	u64 nested_cr3;
	u64 ghcb_gpa;
	u64 vmsa_pa;
};

struct vmcb {
	struct vmcb_control_area control;
};

static inline void vmcb_mark_all_dirty(struct vmcb *vmcb)
{
	vmcb->control.clean = 0;
}

struct kvm_sev_info {
	bool active;
	bool es_active;
	/* waits for KVM_SEV_INIT2 */
	bool need_init;
	unsigned int asid;
	unsigned int handle;
	int fd;
	unsigned long policy;
	u64 vmsa_features;
	u16 ghcb_version;
	/* SNP: the firmware's own page of the guest */
	void *snp_context;
	/* CPUs whose caches may hold the guest's data */
	cpumask_var_t have_run_cpus;
};

struct kvm_svm {
	struct kvm kvm;
	struct kvm_sev_info sev_info;
};

struct kvm_vmcb_info {
	struct vmcb *ptr;
};

struct vcpu_sev_es_state {
	/* the registers as KVM has made them; an SNP guest may have others made of its own memory */
	void *vmsa;

	/* of whoever changes which registers the vCPU runs with */
	struct mutex snp_vmsa_mutex;
	gpa_t snp_pending_vmsa_gpa;
	gpa_t snp_guest_vmsa_gpa;
	bool snp_ap_waiting_for_reset;
	bool snp_has_guest_vmsa;
};

struct vcpu_svm {
	struct kvm_vcpu vcpu;
	struct vmcb *vmcb;
	struct kvm_vmcb_info vmcb01;
	struct kvm_vmcb_info *current_vmcb;
	u32 asid;
	struct vcpu_sev_es_state sev_es;
};

struct svm_cpu_data {
	/* by ASID, the VMCB that ran last */
	struct vmcb **sev_vmcbs;
};

DECLARE_PER_CPU(struct svm_cpu_data, svm_data);

static __always_inline struct kvm_svm *to_kvm_svm(struct kvm *kvm)
{
	return container_of(kvm, struct kvm_svm, kvm);
}

static __always_inline struct kvm_sev_info *to_kvm_sev_info(struct kvm *kvm)
{
	return &to_kvm_svm(kvm)->sev_info;
}

static __always_inline bool ____sev_guest(struct kvm *kvm)
{
	return to_kvm_sev_info(kvm)->active;
}

static __always_inline bool ____sev_es_guest(struct kvm *kvm)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);

	return sev->es_active && !WARN_ON_ONCE(!sev->active);
}

static __always_inline bool ____sev_snp_guest(struct kvm *kvm)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);

	return (sev->vmsa_features & SVM_SEV_FEAT_SNP_ACTIVE) &&
	       !WARN_ON_ONCE(!____sev_es_guest(kvm));
}

static __always_inline bool is_sev_guest(struct kvm_vcpu *vcpu)
{
	return ____sev_guest(vcpu->kvm);
}

static __always_inline bool is_sev_es_guest(struct kvm_vcpu *vcpu)
{
	return ____sev_es_guest(vcpu->kvm);
}

static __always_inline bool is_sev_snp_guest(struct kvm_vcpu *vcpu)
{
	return ____sev_snp_guest(vcpu->kvm);
}

static inline struct vcpu_svm *to_svm(struct kvm_vcpu *vcpu)
{
	return container_of(vcpu, struct vcpu_svm, vcpu);
}

int sev_mem_enc_ioctl(struct kvm *kvm, void __user *argp);
void sev_vm_init(struct kvm *kvm);
void sev_vm_destroy(struct kvm *kvm);
void sev_hardware_setup(void);
int sev_cpu_init(struct svm_cpu_data *sd);
void sev_guest_memory_reclaimed(struct kvm *kvm);
void sev_free_vcpu(struct kvm_vcpu *vcpu);
int pre_sev_run(struct vcpu_svm *svm, int cpu);
int sev_handle_vmgexit(struct kvm_vcpu *vcpu);
void sev_init_vmcb(struct vcpu_svm *svm, bool init_event);
int sev_vcpu_create(struct kvm_vcpu *vcpu);
struct page *snp_safe_alloc_page_node(int node, gfp_t gfp);
void sev_snp_reload_vmsa(struct kvm_vcpu *vcpu);
void sev_handle_rmp_fault(struct kvm_vcpu *vcpu, gpa_t gpa, u64 error_code);
int sev_gmem_make_private(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn, kvm_pfn_t nr_pages);
void sev_gmem_make_shared(kvm_pfn_t pfn, kvm_pfn_t nr_pages);
void sev_gmem_invalidate_range(struct kvm *kvm, struct kvm_gfn_range *range);
int sev_gmem_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn, bool is_private);

static inline struct page *snp_safe_alloc_page(void)
{
	return snp_safe_alloc_page_node(numa_node_id(), GFP_KERNEL_ACCOUNT);
}

#endif
