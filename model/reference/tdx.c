/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs: the SEAMCALLs that follow the mirror's changes, building and destroying a TD, its vCPUs' entry
 * and exits. What a SEAMCALL does is the machine's part.
 */
#include "tdx.h"
#include "mmu_internal.h"
#include "spte.h"

/* A SEAMCALL failed that cannot fail in a sound kernel: the VM is given up. */
#define __TDX_BUG_ON(__err, __kvm) \
({ \
	struct kvm *_kvm = (__kvm); \
	bool __ret = !!(__err); \
	if (WARN_ON_ONCE(__ret && (!_kvm || !_kvm->vm_bugged)) && _kvm) \
		kvm_vm_bugged(_kvm); \
	unlikely(__ret); \
})

#define TDX_BUG_ON(__err, __fn, __kvm) __TDX_BUG_ON(__err, __kvm)
#define TDX_BUG_ON_1(__err, __fn, a1, __kvm) __TDX_BUG_ON(__err, __kvm)
#define TDX_BUG_ON_2(__err, __fn, a1, a2, __kvm) __TDX_BUG_ON(__err, __kvm)
#define TDX_BUG_ON_3(__err, __fn, a1, a2, a3, __kvm) __TDX_BUG_ON(__err, __kvm)

/* The model's guest addresses have 18 bits; the top one is the shared bit at either depth of tables. */
#define TDX_SHARED_BIT_PWL_5 gpa_to_gfn(BIT_ULL(KVM_MODEL_MAXPHYADDR - 1))
#define TDX_SHARED_BIT_PWL_4 gpa_to_gfn(BIT_ULL(KVM_MODEL_MAXPHYADDR - 1))

static struct mutex tdx_lock;

static __always_inline struct kvm_tdx *to_kvm_tdx(struct kvm *kvm)
{
	return container_of(kvm, struct kvm_tdx, kvm);
}

static __always_inline struct vcpu_tdx *to_tdx(struct kvm_vcpu *vcpu)
{
	return container_of(vcpu, struct vcpu_tdx, vcpu);
}

static bool tdx_operand_busy(u64 err)
{
	return (err & TDX_SEAMCALL_STATUS_MASK) == TDX_OPERAND_BUSY;
}

static __always_inline void tdvmcall_set_return_code(struct kvm_vcpu *vcpu,
						     long val)
{
	to_tdx(vcpu)->vp_enter_args.r10 = val;
}

static inline void tdx_hkid_free(struct kvm_tdx *kvm_tdx)
{
	kvm_tdx->hkid = -1;
}

static inline bool is_hkid_assigned(struct kvm_tdx *kvm_tdx)
{
	return kvm_tdx->hkid > 0;
}

static inline void tdx_disassociate_vp(struct kvm_vcpu *vcpu)
{
	/* the vCPU is off its list before another CPU may put it on its own */
	smp_wmb();

	vcpu->cpu = -1;
}

/*
 * A SEAMCALL that a running vCPU can make busy. If it is, no vCPU is let in (wait_for_sept_zap), those
 * inside are thrown out, and the second try cannot meet one.
 */
#define tdh_do_no_vcpus(tdh_func, kvm, args...) \
({ \
	struct kvm_tdx *__kvm_tdx = to_kvm_tdx(kvm); \
	u64 __err; \
 \
	lockdep_assert_held_write(&kvm->mmu_lock); \
 \
	__err = tdh_func(args); \
	if (unlikely(tdx_operand_busy(__err))) { \
		WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true); \
		kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE); \
 \
		__err = tdh_func(args); \
 \
		WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, false); \
	} \
	__err; \
})

static int __tdx_reclaim_page(struct page *page)
{
	u64 err, rcx, rdx, r8;

	err = tdh_phymem_page_reclaim(page, &rcx, &rdx, &r8);

	/* The TD is torn down: nobody else can be at the page. */
	if (TDX_BUG_ON_3(err, TDH_PHYMEM_PAGE_RECLAIM, rcx, rdx, r8, NULL))
		return -EIO;

	return 0;
}

static int tdx_reclaim_page(struct page *page)
{
	int r;

	r = __tdx_reclaim_page(page);
	if (!r)
		tdx_quirk_reset_paddr(page_to_phys(page), PAGE_SIZE);
	return r;
}

static void tdx_reclaim_control_page(struct page *ctrl_page)
{
	/* leak what the module does not give back */
	if (tdx_reclaim_page(ctrl_page))
		return;

	__free_page(ctrl_page);
}

struct tdx_flush_vp_arg {
	struct kvm_vcpu *vcpu;
	u64 err;
};

static void tdx_flush_vp(void *_arg)
{
	struct tdx_flush_vp_arg *arg = _arg;
	struct kvm_vcpu *vcpu = arg->vcpu;
	u64 err;

	arg->err = 0;

	if (to_tdx(vcpu)->state != VCPU_TD_STATE_UNINITIALIZED) {
		/* never associated with a CPU is as good as flushed */
		err = tdh_vp_flush(&to_tdx(vcpu)->vp);
		if (unlikely(err && err != TDX_VCPU_NOT_ASSOCIATED))
			arg->err = err;
	}

	tdx_disassociate_vp(vcpu);
}

static void tdx_flush_vp_on_cpu(struct kvm_vcpu *vcpu)
{
	struct tdx_flush_vp_arg arg = {
		.vcpu = vcpu,
	};
	int cpu = vcpu->cpu;

	if (unlikely(cpu == -1))
		return;

	smp_call_function_single(cpu, tdx_flush_vp, &arg, 1);

	TDX_BUG_ON(arg.err, TDH_VP_FLUSH, vcpu->kvm);
}

/* Take the TD's key away. After it the module gives pages back, and nothing can be mapped any more. */
void tdx_mmu_release_hkid(struct kvm *kvm)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	struct kvm_vcpu *vcpu;
	unsigned long j;
	u64 err;

	if (!is_hkid_assigned(kvm_tdx))
		return;

	kvm_for_each_vcpu(j, vcpu, kvm)
		tdx_flush_vp_on_cpu(vcpu);

	/* one TD at a time: the cache flush is global */
	mutex_lock(&tdx_lock);

	err = tdh_mng_vpflushdone(&kvm_tdx->td);
	if (err == TDX_FLUSHVP_NOT_DONE)
		goto out;
	if (TDX_BUG_ON(err, TDH_MNG_VPFLUSHDONE, kvm))
		goto out;

	err = tdh_phymem_cache_wb(false);
	TDX_BUG_ON(err, TDH_PHYMEM_CACHE_WB, kvm);

	/* the key is leaked rather than reused while caches may hold lines of it */
	err = tdh_mng_key_freeid(&kvm_tdx->td);
	if (!TDX_BUG_ON(err, TDH_MNG_KEY_FREEID, kvm))
		tdx_hkid_free(kvm_tdx);

out:
	mutex_unlock(&tdx_lock);
}

static void tdx_reclaim_td_control_pages(struct kvm *kvm)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	u64 err;
	int i;

	/* the key is still in use: leak everything */
	if (is_hkid_assigned(kvm_tdx))
		return;

	if (kvm_tdx->td.tdcs_pages) {
		for (i = 0; i < kvm_tdx->td.tdcs_nr_pages; i++) {
			if (!kvm_tdx->td.tdcs_pages[i])
				continue;

			tdx_reclaim_control_page(kvm_tdx->td.tdcs_pages[i]);
		}
		kfree(kvm_tdx->td.tdcs_pages);
		kvm_tdx->td.tdcs_pages = NULL;
	}

	if (!kvm_tdx->td.tdr_page)
		return;

	/* the TD's root page goes last: the module counts what still belongs to it */
	if (__tdx_reclaim_page(kvm_tdx->td.tdr_page))
		return;

	err = tdh_phymem_page_wbinvd_tdr(&kvm_tdx->td);
	if (TDX_BUG_ON(err, TDH_PHYMEM_PAGE_WBINVD, kvm))
		return;

	tdx_quirk_reset_paddr(page_to_phys(kvm_tdx->td.tdr_page), PAGE_SIZE);

	__free_page(kvm_tdx->td.tdr_page);
	kvm_tdx->td.tdr_page = NULL;
}

void tdx_vm_destroy(struct kvm *kvm)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);

	tdx_reclaim_td_control_pages(kvm);

	kvm_tdx->state = TD_STATE_UNINITIALIZED;
}

int tdx_vm_init(struct kvm *kvm)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);

	kvm->arch.has_protected_state = true;
	kvm->arch.has_private_mem = true;
	/* Changing the memory type by zapping everything would lose the TD's memory. */
	kvm->arch.disabled_quirks |= KVM_X86_QUIRK_IGNORE_GUEST_PAT;

	/* MMIO is announced to the guest as #VE: a non-present entry without the suppress bit */
	kvm_mmu_set_mmio_spte_value(kvm, 0);

	kvm_tdx->hkid = -1;
	kvm_tdx->state = TD_STATE_UNINITIALIZED;
	return 0;
}

int tdx_vcpu_create(struct kvm_vcpu *vcpu)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(vcpu->kvm);
	struct vcpu_tdx *tdx = to_tdx(vcpu);

	if (kvm_tdx->state != TD_STATE_INITIALIZED)
		return -EIO;

	tdx->state = VCPU_TD_STATE_UNINITIALIZED;

	return 0;
}

void tdx_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	if (vcpu->cpu == cpu || !is_hkid_assigned(to_kvm_tdx(vcpu->kvm)))
		return;

	/* the module ties a vCPU to the CPU that entered it last */
	tdx_flush_vp_on_cpu(vcpu);
}

void tdx_vcpu_free(struct kvm_vcpu *vcpu)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(vcpu->kvm);
	struct vcpu_tdx *tdx = to_tdx(vcpu);

	/* creation failed half-way, or the key was not released: nothing can be reclaimed */
	if (vcpu->cpu != -1) {
		KVM_BUG_ON(tdx->state == VCPU_TD_STATE_INITIALIZED, vcpu->kvm);
		tdx_flush_vp_on_cpu(vcpu);
		return;
	}

	if (is_hkid_assigned(kvm_tdx))
		return;

	if (tdx->vp.tdvpr_page) {
		tdx_reclaim_control_page(tdx->vp.tdvpr_page);
		tdx->vp.tdvpr_page = NULL;
	}

	tdx->state = VCPU_TD_STATE_UNINITIALIZED;
}

static __always_inline union vmx_exit_reason tdx_to_vmx_exit_reason(struct kvm_vcpu *vcpu)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	union vmx_exit_reason exit_reason;

	/* an entry that was refused has no exit reason */
	if (tdx->vp_enter_ret >> 32) {
		exit_reason.full = EXIT_REASON_UNDEFINED;
		return exit_reason;
	}

	exit_reason.full = tdx->vp_enter_ret;
	return exit_reason;
}

static noinline void tdx_vcpu_enter_exit(struct kvm_vcpu *vcpu)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	struct vcpu_vt *vt = to_vt(vcpu);

	tdx->vp_enter_ret = tdh_vp_enter(&tdx->vp, &tdx->vp_enter_args);

	vt->exit_reason = tdx_to_vmx_exit_reason(vcpu);

	vt->exit_qualification = tdx->vp_enter_args.rcx;
	tdx->ext_exit_qualification = tdx->vp_enter_args.rdx;
	tdx->exit_gpa = tdx->vp_enter_args.r8;
}

static bool tdx_failed_vmentry(struct kvm_vcpu *vcpu)
{
	return vmx_get_exit_reason(vcpu).failed_vmentry;
}

static fastpath_t tdx_exit_handlers_fastpath(struct kvm_vcpu *vcpu)
{
	u64 vp_enter_ret = to_tdx(vcpu)->vp_enter_ret;

	/* A zap holds what the entry needs: enter again, without handling any exit. */
	if (unlikely(tdx_operand_busy(vp_enter_ret)))
		return EXIT_FASTPATH_EXIT_HANDLED;

	return EXIT_FASTPATH_NONE;
}

fastpath_t tdx_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	struct vcpu_vt *vt = to_vt(vcpu);

	WARN_ON_ONCE(run_flags);

	/* A zap is about to try its SEAMCALL again: entering would make it busy once more. */
	if (unlikely(READ_ONCE(to_kvm_tdx(vcpu->kvm)->wait_for_sept_zap))) {
		vt->exit_reason.full = EXIT_REASON_UNDEFINED;
		return EXIT_FASTPATH_EXIT_HANDLED;
	}

	tdx_vcpu_enter_exit(vcpu);

	if (unlikely(tdx->vp_enter_ret == EXIT_REASON_EPT_MISCONFIG))
		return EXIT_FASTPATH_NONE;

	if (unlikely(tdx_failed_vmentry(vcpu)))
		return EXIT_FASTPATH_NONE;

	return tdx_exit_handlers_fastpath(vcpu);
}

/* In the model one exit covers the whole range. */
#define TDX_MAP_GPA_MAX_LEN (2 * 1024 * 1024)
static void __tdx_map_gpa(struct vcpu_tdx *tdx);

static int tdx_complete_vmcall_map_gpa(struct kvm_vcpu *vcpu)
{
	u64 hypercall_ret = READ_ONCE(vcpu->run->hypercall.ret);
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	long rc;

	switch (hypercall_ret) {
	case 0:
		break;
	case EAGAIN:
		rc = TDVMCALL_STATUS_RETRY;
		goto propagate_error;
	case EINVAL:
		rc = TDVMCALL_STATUS_INVALID_OPERAND;
		goto propagate_error;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}

	tdx->map_gpa_next += TDX_MAP_GPA_MAX_LEN;
	if (tdx->map_gpa_next >= tdx->map_gpa_end)
		return 1;

	/* the guest asks again for the rest after it has seen its interrupt */
	if (kvm_vcpu_has_events(vcpu)) {
		rc = TDVMCALL_STATUS_RETRY;
		goto propagate_error;
	}

	__tdx_map_gpa(tdx);
	return 0;

propagate_error:
	tdvmcall_set_return_code(vcpu, rc);
	tdx->vp_enter_args.r11 = tdx->map_gpa_next;
	return 1;
}

static void __tdx_map_gpa(struct vcpu_tdx *tdx)
{
	u64 gpa = tdx->map_gpa_next;
	u64 size = tdx->map_gpa_end - tdx->map_gpa_next;

	if (size > TDX_MAP_GPA_MAX_LEN)
		size = TDX_MAP_GPA_MAX_LEN;

	tdx->vcpu.run->exit_reason = KVM_EXIT_HYPERCALL;
	tdx->vcpu.run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	tdx->vcpu.run->hypercall.ret = 0;
	tdx->vcpu.run->hypercall.args[0] = gpa & ~gfn_to_gpa(kvm_gfn_direct_bits(tdx->vcpu.kvm));
	tdx->vcpu.run->hypercall.args[1] = size / PAGE_SIZE;
	tdx->vcpu.run->hypercall.args[2] = vt_is_tdx_private_gpa(tdx->vcpu.kvm, gpa) ?
					   KVM_MAP_GPA_RANGE_ENCRYPTED :
					   KVM_MAP_GPA_RANGE_DECRYPTED;

	tdx->vcpu.arch.complete_userspace_io = tdx_complete_vmcall_map_gpa;
}

static int tdx_map_gpa(struct kvm_vcpu *vcpu)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	u64 gpa = tdx->vp_enter_args.r12;
	u64 size = tdx->vp_enter_args.r13;
	u64 ret;

	if (gpa + size <= gpa ||
	    (vt_is_tdx_private_gpa(vcpu->kvm, gpa) !=
	     vt_is_tdx_private_gpa(vcpu->kvm, gpa + size - 1))) {
		ret = TDVMCALL_STATUS_INVALID_OPERAND;
		goto error;
	}

	tdx->map_gpa_end = gpa + size;
	tdx->map_gpa_next = gpa;

	__tdx_map_gpa(tdx);
	return 0;

error:
	tdvmcall_set_return_code(vcpu, ret);
	tdx->vp_enter_args.r11 = gpa;
	return 1;
}

void tdx_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int pgd_level)
{
	u64 shared_bit = (pgd_level == 5) ? TDX_SHARED_BIT_PWL_5 :
			  TDX_SHARED_BIT_PWL_4;

	if (KVM_BUG_ON(shared_bit != kvm_gfn_direct_bits(vcpu->kvm), vcpu->kvm))
		return;

	/* the shared half only: the module has the private tables */
	__guest_load_root(vcpu, root_hpa, pgd_level);
}

static int tdx_mem_page_add(struct kvm *kvm, gfn_t gfn, enum pg_level level,
			    kvm_pfn_t pfn)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	u64 err, entry, level_state;
	gpa_t gpa = gfn_to_gpa(gfn);

	lockdep_assert_held(&kvm->slots_lock);

	/* before the TD is final pages come from the initial image only */
	if (KVM_BUG_ON(kvm->arch.pre_fault_allowed, kvm) ||
	    KVM_BUG_ON(!kvm_tdx->page_add_src, kvm))
		return -EIO;

	err = tdh_mem_page_add(&kvm_tdx->td, gpa, pfn, kvm_tdx->page_add_src,
			       &entry, &level_state);
	if (unlikely(tdx_operand_busy(err)))
		return -EBUSY;

	if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_ADD, entry, level_state, kvm))
		return -EIO;

	return 0;
}

static int tdx_mem_page_aug(struct kvm *kvm, gfn_t gfn,
			    enum pg_level level, kvm_pfn_t pfn)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	gpa_t gpa = gfn_to_gpa(gfn);
	u64 entry, level_state;
	u64 err;

	err = tdh_mem_page_aug(&kvm_tdx->td, gpa, level, pfn, &entry, &level_state);
	if (unlikely(tdx_operand_busy(err)))
		return -EBUSY;

	if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_AUG, entry, level_state, kvm))
		return -EIO;

	return 0;
}

static struct page *tdx_spte_to_sept_pt(struct kvm *kvm, gfn_t gfn,
					u64 new_spte, enum pg_level level)
{
	struct kvm_mmu_page *sp = spte_to_child_sp(new_spte);

	if (KVM_BUG_ON(!sp->external_spt, kvm) ||
	    KVM_BUG_ON(sp->role.level + 1 != level, kvm) ||
	    KVM_BUG_ON(sp->gfn != gfn, kvm))
		return NULL;

	return virt_to_page(sp->external_spt);
}

static int tdx_sept_map_nonleaf_spte(struct kvm *kvm, gfn_t gfn,
				     enum pg_level level, u64 new_spte)
{
	gpa_t gpa = gfn_to_gpa(gfn);
	u64 err, entry, level_state;
	struct page *sept_pt;

	sept_pt = tdx_spte_to_sept_pt(kvm, gfn, new_spte, level);
	if (!sept_pt)
		return -EIO;

	err = tdh_mem_sept_add(&to_kvm_tdx(kvm)->td, gpa, level, sept_pt,
			       &entry, &level_state);
	if (unlikely(tdx_operand_busy(err)))
		return -EBUSY;

	if (TDX_BUG_ON_2(err, TDH_MEM_SEPT_ADD, entry, level_state, kvm))
		return -EIO;

	return 0;
}

static int tdx_sept_map_leaf_spte(struct kvm *kvm, gfn_t gfn, enum pg_level level,
				  u64 new_spte)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	kvm_pfn_t pfn = spte_to_pfn(new_spte);

	/* huge private pages are not supported */
	if (KVM_BUG_ON(level != PG_LEVEL_4K, kvm))
		return -EIO;

	/* the module maps private memory with all rights */
	WARN_ON_ONCE((new_spte & VMX_EPT_RWX_MASK) != VMX_EPT_RWX_MASK);

	/* a prefault that was allowed must see the state that allowed it: pairs with tdx_td_finalize() */
	smp_rmb();

	/* until the TD is final pages are added with their contents, afterwards empty and to be accepted */
	if (unlikely(kvm_tdx->state != TD_STATE_RUNNABLE))
		return tdx_mem_page_add(kvm, gfn, level, pfn);

	return tdx_mem_page_aug(kvm, gfn, level, pfn);
}

/*
 * After this no vCPU uses translations from before it: a new epoch begins, and every vCPU that is in
 * the guest in the old one is thrown out. One critical section, else a second call could find a vCPU
 * two epochs behind.
 */
static void tdx_track(struct kvm *kvm)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	u64 err;

	/* no vCPU has run yet */
	if (unlikely(kvm_tdx->state != TD_STATE_RUNNABLE))
		return;

	lockdep_assert_held_write(&kvm->mmu_lock);

	err = tdh_do_no_vcpus(tdh_mem_track, kvm, &kvm_tdx->td);
	TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);

	kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);
}

/* Take a private page from the TD: block, track, remove; then its cache lines with the TD's key. */
static int tdx_sept_remove_leaf_spte(struct kvm *kvm, gfn_t gfn,
				     enum pg_level level, u64 old_spte)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	kvm_pfn_t pfn = spte_to_pfn(old_spte);
	gpa_t gpa = gfn_to_gpa(gfn);
	u64 err, entry, level_state;

	lockdep_assert_held_write(&kvm->mmu_lock);

	/* guest_memfd lets go of its pages before the key is released */
	if (KVM_BUG_ON(!is_hkid_assigned(to_kvm_tdx(kvm)), kvm))
		return -EIO;

	if (KVM_BUG_ON(level != PG_LEVEL_4K, kvm))
		return -EIO;

	err = tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa,
			      level, &entry, &level_state);
	if (TDX_BUG_ON_2(err, TDH_MEM_RANGE_BLOCK, entry, level_state, kvm))
		return -EIO;

	tdx_track(kvm);

	/* With the write lock held, only a vCPU on its way in or out can be in the way. */
	err = tdh_do_no_vcpus(tdh_mem_page_remove, kvm, &kvm_tdx->td, gpa,
			      level, &entry, &level_state);
	if (TDX_BUG_ON_2(err, TDH_MEM_PAGE_REMOVE, entry, level_state, kvm))
		return -EIO;

	err = tdh_phymem_page_wbinvd_hkid((u16)kvm_tdx->hkid, pfn);
	if (TDX_BUG_ON(err, TDH_PHYMEM_PAGE_WBINVD, kvm))
		return -EIO;

	tdx_quirk_reset_paddr(PFN_PHYS(pfn), PAGE_SIZE);
	return 0;
}

/* The mirror's entry is about to become @new_spte: make the S-EPT the same. */
static int tdx_sept_set_private_spte(struct kvm *kvm, gfn_t gfn, u64 old_spte,
				     u64 new_spte, enum pg_level level)
{
	lockdep_assert_held(&kvm->mmu_lock);

	if (is_shadow_present_pte(old_spte))
		return tdx_sept_remove_leaf_spte(kvm, gfn, level, old_spte);

	if (KVM_BUG_ON(!is_shadow_present_pte(new_spte), kvm))
		return -EIO;

	if (!is_last_spte(new_spte, level))
		return tdx_sept_map_nonleaf_spte(kvm, gfn, level, new_spte);

	return tdx_sept_map_leaf_spte(kvm, gfn, level, new_spte);
}

/* Tables of the S-EPT stay until the TD is gone: only then the module gives them back. */
static void tdx_sept_free_private_spt(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	/* better leak the page than let the host use one that the module may still read */
	if (KVM_BUG_ON(is_hkid_assigned(to_kvm_tdx(kvm)), kvm) ||
	    tdx_reclaim_page(virt_to_page(sp->external_spt)))
		goto out;

	/* no grace period: the module has proved that nobody uses it */
	free_page((unsigned long)sp->external_spt);
out:
	sp->external_spt = NULL;
}

static inline bool tdx_is_sept_violation_unexpected_pending(struct kvm_vcpu *vcpu)
{
	u64 eeq_type = to_tdx(vcpu)->ext_exit_qualification & TDX_EXT_EXIT_QUAL_TYPE_MASK;
	u64 eq = vmx_get_exit_qual(vcpu);

	if (eeq_type != TDX_EXT_EXIT_QUAL_TYPE_PENDING_EPT_VIOLATION)
		return false;

	return !(eq & EPT_VIOLATION_PROT_MASK);
}

static int tdx_handle_ept_violation(struct kvm_vcpu *vcpu)
{
	unsigned long exit_qual;
	gpa_t gpa = to_tdx(vcpu)->exit_gpa;
	bool local_retry = false;
	int ret;

	if (vt_is_tdx_private_gpa(vcpu->kvm, gpa)) {
		/* the guest touched a page that it has not accepted: it would fault for ever */
		if (tdx_is_sept_violation_unexpected_pending(vcpu)) {
			kvm_vm_dead(vcpu->kvm);
			return -EIO;
		}
		/* private memory is mapped with all rights whatever the access was */
		exit_qual = EPT_VIOLATION_ACC_WRITE;

		/* Going back in to fault once more would count towards zero-step mitigation. */
		local_retry = true;
	} else {
		exit_qual = vmx_get_exit_qual(vcpu);
		/* the guest cannot execute shared memory */
		if (KVM_BUG_ON(exit_qual & EPT_VIOLATION_ACC_INSTR, vcpu->kvm))
			return -EIO;
	}

	while (1) {
		struct kvm_memory_slot *slot;

		ret = __vmx_handle_ept_violation(vcpu, gpa, exit_qual);

		if (ret != RET_PF_RETRY || !local_retry)
			break;

		if (kvm_vcpu_has_events(vcpu) || signal_pending(current))
			break;

		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {
			ret = -EIO;
			break;
		}

		/* the update of the slot waits for this vCPU to leave its SRCU section */
		slot = kvm_vcpu_gfn_to_memslot(vcpu, gpa_to_gfn(gpa));
		if (slot && slot->flags & KVM_MEMSLOT_INVALID)
			break;

		cond_resched();
	}
	return ret;
}

static int handle_tdvmcall(struct kvm_vcpu *vcpu)
{
	/* the model's guests make no other call */
	return tdx_map_gpa(vcpu);
}

static int __tdx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t fastpath)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	u64 vp_enter_ret = tdx->vp_enter_ret;
	union vmx_exit_reason exit_reason = vmx_get_exit_reason(vcpu);

	if (fastpath != EXIT_FASTPATH_NONE)
		return 1;

	/* MMIO of a TD comes as a call of its #VE handler */
	if (unlikely(vp_enter_ret == EXIT_REASON_EPT_MISCONFIG)) {
		KVM_BUG_ON(1, vcpu->kvm);
		return -EIO;
	}

	if (unlikely(tdx_failed_vmentry(vcpu))) {
		vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		return 0;
	}

	if (unlikely(vp_enter_ret & (TDX_ERROR | TDX_NON_RECOVERABLE)))
		goto unhandled_exit;

	switch (exit_reason.basic) {
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		return 1;
	case EXIT_REASON_HLT:
		vcpu->run->exit_reason = KVM_EXIT_HLT;
		return 0;
	case EXIT_REASON_TDCALL:
		return handle_tdvmcall(vcpu);
	case EXIT_REASON_EPT_VIOLATION:
		return tdx_handle_ept_violation(vcpu);
	default:
		break;
	}

unhandled_exit:
	vcpu->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	return 0;
}

int tdx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t fastpath)
{
	int ret = __tdx_handle_exit(vcpu, fastpath);

	return ret;
}

typedef void *tdx_vm_state_guard_t;

/* The TD's state changes only with every vCPU and every memslot standing still. */
static tdx_vm_state_guard_t tdx_acquire_vm_state_locks(struct kvm *kvm)
{
	int r;

	mutex_lock(&kvm->lock);

	r = kvm_lock_all_vcpus(kvm);
	if (r)
		goto out_err;

	/* inside of vcpu->mutex, as everywhere */
	mutex_lock(&kvm->slots_lock);
	return kvm;

out_err:
	mutex_unlock(&kvm->lock);
	return ERR_PTR(r);
}

static void tdx_release_vm_state_locks(struct kvm *kvm)
{
	mutex_unlock(&kvm->slots_lock);
	kvm_unlock_all_vcpus(kvm);
	mutex_unlock(&kvm->lock);
}

DEFINE_CLASS(tdx_vm_state_guard, tdx_vm_state_guard_t,
	     if (!IS_ERR(_T)) tdx_release_vm_state_locks(_T),
	     tdx_acquire_vm_state_locks(kvm), struct kvm *kvm);

/* The TD with its key and its control pages: the machine makes it in one go. */
static int tdx_td_init(struct kvm *kvm, struct kvm_tdx_cmd *cmd)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);

	if (kvm_tdx->state != TD_STATE_UNINITIALIZED)
		return -EINVAL;

	kvm_tdx->hkid = 1;
	__machine_td(&kvm_tdx->td, kvm_tdx->hkid);

	kvm->arch.gfn_direct_bits = TDX_SHARED_BIT_PWL_4;

	kvm_tdx->state = TD_STATE_INITIALIZED;
	return 0;
}

/* An INVEPT for all contexts of this CPU, on which only this vCPU's translations matter. */
#define ept_sync_global() __guest_flush_tlb(vcpu)

void tdx_flush_tlb_current(struct kvm_vcpu *vcpu)
{
	/* also private translations go, which is more than is needed: the module tracks those itself */
	ept_sync_global();
}

void tdx_flush_tlb_all(struct kvm_vcpu *vcpu)
{
	/* the root may not be known here, so all contexts */
	ept_sync_global();
}

static int tdx_td_finalize(struct kvm *kvm, struct kvm_tdx_cmd *cmd)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);

	if (!is_hkid_assigned(kvm_tdx) || kvm_tdx->state == TD_STATE_RUNNABLE)
		return -EINVAL;

	cmd->hw_error = tdh_mr_finalize(&kvm_tdx->td);
	if (tdx_operand_busy(cmd->hw_error))
		return -EBUSY;
	if (TDX_BUG_ON(cmd->hw_error, TDH_MR_FINALIZE, kvm))
		return -EIO;

	kvm_tdx->state = TD_STATE_RUNNABLE;
	/* the state first: who sees prefaults allowed must see it */
	smp_wmb();
	kvm->arch.pre_fault_allowed = true;
	return 0;
}

int tdx_vm_ioctl(struct kvm *kvm, struct kvm_tdx_cmd *tdx_cmd)
{
	int r;

	CLASS(tdx_vm_state_guard, guard)(kvm);
	if (IS_ERR(guard))
		return PTR_ERR(guard);

	switch (tdx_cmd->id) {
	case KVM_TDX_INIT_VM:
		r = tdx_td_init(kvm, tdx_cmd);
		break;
	case KVM_TDX_FINALIZE_VM:
		r = tdx_td_finalize(kvm, tdx_cmd);
		break;
	default:
		return -EINVAL;
	}

	return r;
}

static int tdx_vcpu_init(struct kvm_vcpu *vcpu, struct kvm_tdx_cmd *cmd)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);

	if (cmd->flags)
		return -EINVAL;

	if (tdx->state != VCPU_TD_STATE_UNINITIALIZED)
		return -EINVAL;

	tdx->state = VCPU_TD_STATE_INITIALIZED;

	return 0;
}

struct tdx_gmem_post_populate_arg {
	struct kvm_vcpu *vcpu;
	u32 flags;
};

static int tdx_gmem_post_populate(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn,
				  struct page *src_page, void *_arg)
{
	struct tdx_gmem_post_populate_arg *arg = _arg;
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	u64 err, entry, level_state;
	gpa_t gpa = gfn_to_gpa(gfn);
	int ret, i;

	if (KVM_BUG_ON(kvm_tdx->page_add_src, kvm))
		return -EIO;

	kvm_tdx->page_add_src = src_page;
	ret = kvm_tdp_mmu_map_private_pfn(arg->vcpu, gfn, pfn);
	kvm_tdx->page_add_src = NULL;

	if (ret || !(arg->flags & KVM_TDX_MEASURE_MEMORY_REGION))
		return ret;

	/* The page is in: a measurement that stops half-way cannot be repeated. */
	for (i = 0; i < PAGE_SIZE; i += TDX_EXTENDMR_CHUNKSIZE) {
		err = tdh_mr_extend(&kvm_tdx->td, gpa + i, &entry, &level_state);
		if (TDX_BUG_ON_2(err, TDH_MR_EXTEND, entry, level_state, kvm))
			return -EIO;
	}

	return 0;
}

static int tdx_vcpu_init_mem_region(struct kvm_vcpu *vcpu, struct kvm_tdx_cmd *cmd)
{
	struct vcpu_tdx *tdx = to_tdx(vcpu);
	struct kvm *kvm = vcpu->kvm;
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	struct kvm_tdx_init_mem_region region;
	struct tdx_gmem_post_populate_arg arg;
	long gmem_ret;
	int ret;

	if (tdx->state != VCPU_TD_STATE_INITIALIZED)
		return -EINVAL;

	/* a final TD has no initial image any more */
	if (kvm_tdx->state == TD_STATE_RUNNABLE)
		return -EINVAL;

	if (cmd->flags & ~KVM_TDX_MEASURE_MEMORY_REGION)
		return -EINVAL;

	region = *(struct kvm_tdx_init_mem_region *)u64_to_user_ptr(cmd->data);

	if (!PAGE_ALIGNED(region.source_addr) || !region.source_addr ||
	    !PAGE_ALIGNED(region.gpa) || !region.nr_pages ||
	    region.gpa + (region.nr_pages << PAGE_SHIFT) <= region.gpa ||
	    !vt_is_tdx_private_gpa(kvm, region.gpa) ||
	    !vt_is_tdx_private_gpa(kvm, region.gpa + (region.nr_pages << PAGE_SHIFT) - 1))
		return -EINVAL;

	ret = 0;
	while (region.nr_pages) {
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}

		arg = (struct tdx_gmem_post_populate_arg) {
			.vcpu = vcpu,
			.flags = cmd->flags,
		};
		gmem_ret = kvm_gmem_populate(kvm, gpa_to_gfn(region.gpa),
					     u64_to_user_ptr(region.source_addr),
					     1, false, tdx_gmem_post_populate, &arg);
		if (gmem_ret < 0) {
			ret = gmem_ret;
			break;
		}

		if (gmem_ret != 1) {
			ret = -EIO;
			break;
		}

		region.source_addr += PAGE_SIZE;
		region.gpa += PAGE_SIZE;
		region.nr_pages--;

		cond_resched();
	}

	/* where to go on */
	*(struct kvm_tdx_init_mem_region *)u64_to_user_ptr(cmd->data) = region;
	return ret;
}

int tdx_vcpu_unlocked_ioctl(struct kvm_vcpu *vcpu, struct kvm_tdx_cmd *cmd)
{
	struct kvm *kvm = vcpu->kvm;
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	int r;

	CLASS(tdx_vm_state_guard, guard)(kvm);
	if (IS_ERR(guard))
		return PTR_ERR(guard);

	if (!is_hkid_assigned(kvm_tdx) || kvm_tdx->state == TD_STATE_RUNNABLE)
		return -EINVAL;

	vcpu_load(vcpu);

	switch (cmd->id) {
	case KVM_TDX_INIT_MEM_REGION:
		r = tdx_vcpu_init_mem_region(vcpu, cmd);
		break;
	case KVM_TDX_INIT_VCPU:
		r = tdx_vcpu_init(vcpu, cmd);
		break;
	default:
		r = -EINVAL;
		break;
	}

	vcpu_put(vcpu);

	return r;
}

int tdx_gmem_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn, bool is_private)
{
	if (!is_private)
		return 0;

	return PG_LEVEL_4K;
}

void tdx_hardware_setup(void)
{
	kvm_x86_ops.set_external_spte = tdx_sept_set_private_spte;
	kvm_x86_ops.free_external_spt = tdx_sept_free_private_spt;
}
