/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a tree's sev.c asks of the rest of SVM and of the security processor's driver beside edge/svm.c and
 * edge/psp.c: module parameters, intercepts, commands that change nothing of the MMU's. Weak functions let
 * a tree's own win.
 */
#include "entry.h"
#include "sev.h"
#include "x86.h"

#ifdef TREE_HAS_SEV
#include "svm/svm.h"
#include <linux/psp-sev.h>

bool npt_enabled = true;
int lbrv = true;
int vgif = true;
bool intercept_smi = true;
bool vnmi;
bool x2avic_enabled;
int nrips = true;
int tsc_aux_uret_slot = -1;

/* branch records and intercepts are none of the MMU's business */
__weak void svm_enable_lbrv(struct kvm_vcpu *vcpu)
{
}

__weak void recalc_intercepts(struct vcpu_svm *svm)
{
}

__weak void set_msr_interception(struct kvm_vcpu *vcpu, u32 *msrpm, u32 msr, int read, int write)
{
}

int sev_platform_init(struct sev_platform_init_args *args)
{
	return 0;
}

int sev_guest_activate(struct sev_data_activate *data, int *error)
{
	return 0;
}

int sev_guest_deactivate(struct sev_data_deactivate *data, int *error)
{
	return 0;
}

int sev_guest_decommission(struct sev_data_decommission *data, int *error)
{
	return 0;
}

int sev_guest_df_flush(int *error)
{
	return 0;
}

int sev_module_init(void)
{
	return 0;
}

__weak void sev_platform_shutdown(void)
{
}

__weak int sev_firmware_supported_vm_types(void)
{
	return ~0U;
}

__weak u64 sev_get_snp_policy_bits(void)
{
	return ~0ULL;
}

__weak bool sev_is_snp_ciphertext_hiding_supported(void)
{
	return false;
}

static void svm_nop(struct kvm_vcpu *vcpu)
{
}

static void svm_cache_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
}

static u8 svm_get_mt_mask(struct kvm_vcpu *vcpu, gfn_t gfn, bool is_mmio)
{
	return 0;
}

void svm_fill_ops(struct kvm_x86_ops *ops)
{
	ops->get_mt_mask = svm_get_mt_mask;
	ops->cache_reg = svm_cache_reg;
	ops->vcpu_blocking = svm_nop;
	ops->vcpu_unblocking = svm_nop;
	/* by their names before 7.3, and before 6.17: edge/svm.c has today's only, since hunks are placed into it */
#ifndef TREE_HAS_GMEM_MAKE_PRIVATE
	ops->gmem_prepare = sev_gmem_prepare;
	ops->gmem_invalidate = sev_gmem_invalidate;
#endif
#ifndef TREE_HAS_GMEM_MAX_MAPPING_LEVEL
	ops->private_max_mapping_level = sev_private_max_mapping_level;
#endif
}

#endif
