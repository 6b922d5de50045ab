/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TDX module as KVM calls it: one function per SEAMCALL, named and typed as the kernel's wrappers,
 * each atomic at its point. Include it behind the definition of enum pg_level. The status is in bits
 * 63:32; with TDX_OPERAND_BUSY the low bits name the operand.
 */
#ifndef _SEAMCALL_H
#define _SEAMCALL_H

#include "prelude.h"

#define TDX_SUCCESS 0ULL
#define TDX_OPERAND_BUSY 0x8000020000000000ULL
#define TDX_PREVIOUS_TLB_EPOCH_BUSY 0x8000020100000000ULL
#define TDX_OPERAND_BUSY_HOST_PRIORITY 0x8000020400000000ULL
#define TDX_SEAMCALL_STATUS_MASK 0xFFFFFFFF00000000ULL
struct tdx_td;
struct tdx_vp;
u64 tdh_mng_create(struct tdx_td *td, u16 hkid); u64 tdh_mng_key_config(struct tdx_td *td);
u64 tdh_mng_addcx(struct tdx_td *td, struct page *tdcs_page); u64 tdh_mng_init(struct tdx_td *td, u64 params, u64 *err);
u64 tdh_vp_create(struct tdx_td *td, struct tdx_vp *vp); u64 tdh_vp_addcx(struct tdx_vp *vp, struct page *page);
u64 tdh_vp_init(struct tdx_vp *vp, u64 rcx, u32 x2apicid); u64 tdh_vp_flush(struct tdx_vp *vp);
u64 tdh_mem_sept_add(struct tdx_td *td, u64 gpa, enum pg_level level, struct page *page, u64 *ext_err1, u64 *ext_err2);
u64 tdh_mem_page_add(struct tdx_td *td, u64 gpa, kvm_pfn_t pfn, struct page *source, u64 *ext_err1, u64 *ext_err2);
u64 tdh_mem_page_aug(struct tdx_td *td, u64 gpa, enum pg_level level, kvm_pfn_t pfn, u64 *ext_err1, u64 *ext_err2);
u64 tdh_mem_range_block(struct tdx_td *td, u64 gpa, enum pg_level level, u64 *ext_err1, u64 *ext_err2);
u64 tdh_mem_track(struct tdx_td *td);
u64 tdh_mem_page_remove(struct tdx_td *td, u64 gpa, enum pg_level level, u64 *ext_err1, u64 *ext_err2);
u64 tdh_phymem_page_wbinvd_hkid(u64 hkid, kvm_pfn_t pfn); u64 tdh_phymem_page_wbinvd_tdr(struct tdx_td *td);
u64 tdh_phymem_page_reclaim(struct page *page, u64 *tdx_pt, u64 *tdx_owner, u64 *tdx_size);
u64 tdh_phymem_cache_wb(bool resume);
u64 tdh_mr_extend(struct tdx_td *td, u64 gpa, u64 *ext_err1, u64 *ext_err2); u64 tdh_mr_finalize(struct tdx_td *td);
u64 tdh_mng_vpflushdone(struct tdx_td *td); u64 tdh_mng_key_freeid(struct tdx_td *td);
/* modules have these, 7.3 has no wrapper */
u64 tdh_mem_range_unblock(struct tdx_td *td, u64 gpa, enum pg_level level, u64 *ext_err1, u64 *ext_err2);
u64 tdh_mem_sept_remove(struct tdx_td *td, u64 gpa, enum pg_level level, u64 *ext_err1, u64 *ext_err2);
void tdx_quirk_reset_paddr(unsigned long base, unsigned long size);

#endif
