/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of the security processor's firmware as sev.c gives them, and those of the VMM for SEV, SEV-ES and SNP
 * guests: as much of linux/psp-sev.h and of the user space interface as the reference has functions for.
 */
#ifndef __PSP_SEV_H
#define __PSP_SEV_H

#include "mm.h"

/* ---- commands of the firmware ---- */
enum sev_cmd {
	SEV_CMD_LAUNCH_UPDATE_VMSA = 0x032,
	SEV_CMD_SNP_PLATFORM_STATUS = 0x082,
	SEV_CMD_SNP_GCTX_CREATE = 0x090,
	SEV_CMD_SNP_ACTIVATE = 0x092,
	SEV_CMD_SNP_DECOMMISSION = 0x093,
	SEV_CMD_SNP_LAUNCH_START = 0x0a0,
	SEV_CMD_SNP_LAUNCH_UPDATE = 0x0a1,
	SEV_CMD_SNP_LAUNCH_FINISH = 0x0a2,
	SEV_CMD_SNP_PAGE_RECLAIM = 0x0c7,
};

#define SEV_RET_INVALID_PAGE_STATE 0x1a
#define SEV_RET_INVALID_PARAM 0x16
#define SNP_PAGE_TYPE_VMSA 2

struct sev_data_launch_update_vmsa { u32 handle; u32 reserved; u64 address; u32 len; };
struct sev_data_snp_addr { u64 address; };
struct sev_data_snp_activate { u64 gctx_paddr; u32 asid; };
struct sev_data_snp_launch_start { u64 gctx_paddr; u64 policy; };
struct sev_data_snp_launch_update { u64 gctx_paddr; u32 page_size; u32 page_type; u64 address; };
struct sev_data_snp_launch_finish { u64 gctx_paddr; };
struct sev_data_snp_page_reclaim { u64 paddr; };
struct sev_user_data_snp_status { u8 state; };

int sev_do_cmd(int cmd, void *data, int *psp_ret);
int sev_issue_cmd_external_user(struct file *filep, unsigned int cmd, void *data, int *error);
void *snp_alloc_firmware_page(gfp_t mask);
void snp_free_firmware_page(void *addr);

/* ---- what user space asks for: KVM_MEMORY_ENCRYPT_OP ---- */
enum sev_cmd_id {
	KVM_SEV_LAUNCH_UPDATE_VMSA = 4,
	KVM_SEV_INIT2 = 22,
	KVM_SEV_SNP_LAUNCH_START = 100,
	KVM_SEV_SNP_LAUNCH_UPDATE,
	KVM_SEV_SNP_LAUNCH_FINISH,
};

#define KVM_SEV_SNP_PAGE_TYPE_NORMAL 1
#define KVM_SEV_SNP_PAGE_TYPE_ZERO 3
#define KVM_SEV_SNP_PAGE_TYPE_UNMEASURED 4
#define KVM_SEV_SNP_PAGE_TYPE_SECRETS 5
#define KVM_SEV_SNP_PAGE_TYPE_CPUID 6
#define SNP_POLICY_MASK_SMT BIT_ULL(16)
#define SNP_POLICY_MASK_RSVD_MBO BIT_ULL(17)

struct kvm_sev_cmd { u32 id; u64 data; u32 error; u32 sev_fd; };
struct kvm_sev_init { u64 vmsa_features; u32 flags; u16 ghcb_version; };
struct kvm_sev_snp_launch_start { u64 policy; u16 flags; };
struct kvm_sev_snp_launch_update { u64 gfn_start; u64 uaddr; u64 len; u8 type; u16 flags; };
struct kvm_sev_snp_launch_finish { u16 flags; };

#endif
