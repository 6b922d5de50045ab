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

#define SVM_VMGEXIT_PSC 0x80000010
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

/* the GHCB: a page of shared memory, in which a request that needs more than the MSR stands, and its answer */
#define GHCB_SHARED_BUF_SIZE 2032
#define GHCB_HV_RESP_NO_ACTION 0
#define GHCB_HV_RESP_MALFORMED_INPUT 2
#define GHCB_ERR_NOT_REGISTERED 1
#define GHCB_ERR_INVALID_USAGE 2
#define GHCB_ERR_INVALID_SCRATCH_AREA 3
#define GHCB_ERR_MISSING_INPUT 4
#define GHCB_ERR_INVALID_EVENT 6

struct ghcb_save_area {
	u64 sw_exit_code;
	u64 sw_exit_info_1;
	u64 sw_exit_info_2;
	u64 sw_scratch;
	/* which of the fields before it the guest has written */
	u8 valid_bitmap[8];
};

struct ghcb {
	struct ghcb_save_area save;
	u8 reserved_save[2048 - sizeof(struct ghcb_save_area)];
	u8 shared_buffer[GHCB_SHARED_BUF_SIZE];
	u8 reserved_0xff0[12];
	u32 ghcb_usage;
};

#define GHCB_BITMAP_IDX(field) (offsetof(struct ghcb_save_area, field) / sizeof(u64))
#define DEFINE_GHCB_ACCESSORS(field)						\
static __always_inline void ghcb_set_##field(struct ghcb *ghcb, u64 value)	\
{										\
	__set_bit(GHCB_BITMAP_IDX(field), (unsigned long *)&ghcb->save.valid_bitmap); \
	ghcb->save.field = value;						\
}

DEFINE_GHCB_ACCESSORS(sw_exit_code)
DEFINE_GHCB_ACCESSORS(sw_exit_info_1)
DEFINE_GHCB_ACCESSORS(sw_exit_info_2)
DEFINE_GHCB_ACCESSORS(sw_scratch)

/* page state changes by the GHCB: the request lies in its shared buffer */
#define VMGEXIT_PSC_MAX_ENTRY 64
#define VMGEXIT_PSC_MAX_COUNT 253
#define VMGEXIT_PSC_ERROR_GENERIC (0x100UL << 32)
#define VMGEXIT_PSC_ERROR_INVALID_HDR ((1UL << 32) | 1)
#define VMGEXIT_PSC_ERROR_INVALID_ENTRY ((1UL << 32) | 2)
#define VMGEXIT_PSC_OP_PRIVATE 1
#define VMGEXIT_PSC_OP_SHARED 2

struct psc_hdr {
	u16 cur_entry;
	u16 end_entry;
	u32 reserved;
};

struct psc_entry {
	u64	cur_page	: 12,
		gfn		: 40,
		operation	: 4,
		pagesize	: 1,
		reserved	: 7;
};

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

struct sev_es_psc {
	u16 cur_idx;
	u16 end_idx;
	/* entries of which user space has been asked */
	u16 batch_size;
	bool is_2m;
};

struct vcpu_sev_es_state {
	/* mapped from VMGEXIT until the guest runs again */
	struct ghcb *ghcb;
	struct kvm_host_map ghcb_map;
	u8 valid_bitmap[8];
	u64 sw_scratch;
	/* the part of the GHCB that a request's data lie in, and its length in bytes */
	void *ghcb_sa;
	u32 ghcb_sa_len;
	struct sev_es_psc psc;
	u64 ghcb_registered_gpa;

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

static inline bool ghcb_gpa_is_registered(struct vcpu_svm *svm, u64 val)
{
	return svm->sev_es.ghcb_registered_gpa == val;
}

static inline void svm_vmgexit_set_return_code(struct vcpu_svm *svm,
						u64 response, u64 data)
{
	ghcb_set_sw_exit_info_1(svm->sev_es.ghcb, response);
	ghcb_set_sw_exit_info_2(svm->sev_es.ghcb, data);
}

static inline void svm_vmgexit_bad_input(struct vcpu_svm *svm, u64 suberror)
{
	svm_vmgexit_set_return_code(svm, GHCB_HV_RESP_MALFORMED_INPUT, suberror);
}

static inline void svm_vmgexit_success(struct vcpu_svm *svm, u64 data)
{
	svm_vmgexit_set_return_code(svm, GHCB_HV_RESP_NO_ACTION, data);
}

static inline void svm_vmgexit_no_action(struct vcpu_svm *svm, u64 data)
{
	svm_vmgexit_set_return_code(svm, GHCB_HV_RESP_NO_ACTION, data);
}

/* what the guest wrote at VMGEXIT; the bitmap is KVM's copy */
#define DEFINE_KVM_GHCB_ACCESSORS(field)						\
static __always_inline u64 kvm_ghcb_get_##field(struct vcpu_svm *svm)			\
{											\
	return READ_ONCE(svm->sev_es.ghcb->save.field);					\
}											\
static __always_inline bool kvm_ghcb_##field##_is_valid(const struct vcpu_svm *svm)	\
{											\
	return test_bit(GHCB_BITMAP_IDX(field),						\
			(unsigned long *)&svm->sev_es.valid_bitmap);			\
}											\
static __always_inline u64 kvm_ghcb_get_##field##_if_valid(struct vcpu_svm *svm)	\
{											\
	return kvm_ghcb_##field##_is_valid(svm) ? kvm_ghcb_get_##field(svm) : 0;	\
}

DEFINE_KVM_GHCB_ACCESSORS(sw_exit_code)
DEFINE_KVM_GHCB_ACCESSORS(sw_exit_info_1)
DEFINE_KVM_GHCB_ACCESSORS(sw_exit_info_2)
DEFINE_KVM_GHCB_ACCESSORS(sw_scratch)

int sev_mem_enc_ioctl(struct kvm *kvm, void __user *argp);
void sev_vm_init(struct kvm *kvm);
void sev_vm_destroy(struct kvm *kvm);
void sev_hardware_setup(void);
int sev_cpu_init(struct svm_cpu_data *sd);
void sev_guest_memory_reclaimed(struct kvm *kvm);
void sev_free_vcpu(struct kvm_vcpu *vcpu);
int pre_sev_run(struct vcpu_svm *svm, int cpu);
int sev_handle_vmgexit(struct kvm_vcpu *vcpu);
void sev_es_unmap_ghcb(struct vcpu_svm *svm);
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
