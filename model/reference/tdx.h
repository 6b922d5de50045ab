/* SPDX-License-Identifier: GPL-2.0-only */
/* TDs: what KVM keeps of a TD and of its vCPUs. */
#ifndef __KVM_X86_VMX_TDX_H
#define __KVM_X86_VMX_TDX_H

#include "vmx.h"
#include "seamcall.h"

#define TDX_FLUSHVP_NOT_DONE 0x8000082400000000ULL
#define TDX_VCPU_NOT_ASSOCIATED 0x8000070200000000ULL
#define TDX_NON_RECOVERABLE BIT_ULL(62)
#define TDX_ERROR BIT_ULL(63)
#define TDX_EXTENDMR_CHUNKSIZE 256
#define KVM_TDX_MEASURE_MEMORY_REGION BIT(0)

/* In the type field of the extended exit qualification. */
#define TDX_EXT_EXIT_QUAL_TYPE_MASK GENMASK(3, 0)
#define TDX_EXT_EXIT_QUAL_TYPE_PENDING_EPT_VIOLATION 6

#define TDVMCALL_MAP_GPA 0x10001ULL
#define TDVMCALL_STATUS_SUCCESS 0ULL
#define TDVMCALL_STATUS_RETRY 1ULL
#define TDVMCALL_STATUS_INVALID_OPERAND 0x8000000000000000ULL

struct tdx_td {
	struct page *tdr_page;
	int tdcs_nr_pages;
	struct page **tdcs_pages;
	int tdcx_nr_pages;
};

struct tdx_vp {
	struct page *tdvpr_page;
};

struct tdx_module_args {
	u64 rcx;
	u64 rdx;
	u64 r8;
	u64 r10;
	u64 r11;
	u64 r12;
	u64 r13;
};

enum kvm_tdx_state {
	TD_STATE_UNINITIALIZED = 0,
	TD_STATE_INITIALIZED,
	TD_STATE_RUNNABLE,
};

struct kvm_tdx {
	struct kvm kvm;

	int hkid;
	enum kvm_tdx_state state;

	struct tdx_td td;

	/* the source of the page that is being added to the initial image */
	struct page *page_add_src;

	/* a SEAMCALL of a zap met a vCPU: none may enter until it was tried again */
	bool wait_for_sept_zap;
};

enum vcpu_tdx_state {
	VCPU_TD_STATE_UNINITIALIZED = 0,
	VCPU_TD_STATE_INITIALIZED,
};

struct vcpu_tdx {
	struct kvm_vcpu vcpu;
	struct vcpu_vt vt;
	u64 ext_exit_qualification;
	gpa_t exit_gpa;
	struct tdx_module_args vp_enter_args;

	struct tdx_vp vp;

	u64 vp_enter_ret;

	enum vcpu_tdx_state state;

	u64 map_gpa_next;
	u64 map_gpa_end;
};

struct kvm_tdx_cmd {
	u32 id;
	u32 flags;
	u64 data;
	u64 hw_error;
};

struct kvm_tdx_init_mem_region {
	u64 source_addr;
	u64 gpa;
	u64 nr_pages;
};

#define KVM_TDX_INIT_VM 1
#define KVM_TDX_INIT_VCPU 2
#define KVM_TDX_INIT_MEM_REGION 3
#define KVM_TDX_FINALIZE_VM 4

/* TDH.VP.ENTER: the guest runs inside. */
u64 tdh_vp_enter(struct tdx_vp *vp, struct tdx_module_args *args);

void tdx_hardware_setup(void);
int tdx_vm_ioctl(struct kvm *kvm, struct kvm_tdx_cmd *tdx_cmd);
int tdx_vcpu_unlocked_ioctl(struct kvm_vcpu *vcpu, struct kvm_tdx_cmd *cmd);

#endif
