/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests on SVM (SEV, SEV-ES and SNP VMs): the vendor module's ops, VMRUN and exits, and what a VMM says
 * of its guest. Stands for svm/svm.c; sev.c is the tree's own, or the reference's.
 */
#include "entry.h"
#include "sev.h"

#ifdef TREE_HAS_SEV
#include "svm/svm.h"
#include <uapi/linux/psp-sev.h>

#ifndef TREE_HAS_IS_SEV_SNP_GUEST
#define is_sev_snp_guest(vcpu) sev_snp_guest((vcpu)->kvm)
#endif

DEFINE_PER_CPU(struct svm_cpu_data, svm_data);
static int sev_fd;

static int svm_vm_init(struct kvm *kvm)
{
#ifdef TREE_HAS_SEV_VM_INIT
	sev_vm_init(kvm);
#else
	int type = kvm->arch.vm_type;

	kvm->arch.has_protected_state = type == KVM_X86_SEV_ES_VM || type == KVM_X86_SNP_VM;
	to_kvm_sev_info(kvm)->need_init = true;
	kvm->arch.has_private_mem = type == KVM_X86_SNP_VM;
	kvm->arch.pre_fault_allowed = !kvm->arch.has_private_mem;
#endif
	return 0;
}

static void svm_vm_destroy(struct kvm *kvm)
{
	sev_vm_destroy(kvm);
}

static void svm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	struct vcpu_svm *svm = to_svm(vcpu);

#ifdef TREE_HAS_SEV_INIT_EVENT
	sev_init_vmcb(svm, init_event);
#else
	if (init_event)
		sev_snp_init_protected_guest_state(vcpu);
	sev_init_vmcb(svm);
	if (!init_event && sev_es_guest(vcpu->kvm))
		sev_es_vcpu_reset(svm);
#endif
	vmcb_mark_all_dirty(svm->vmcb);
}

static const char *const vmsa_mutex_names[DRIVER_VCPUS] = {
	"vcpu0->snp_vmsa_mutex",
	"vcpu1->snp_vmsa_mutex",
	"vcpu2->snp_vmsa_mutex",
	"vcpu3->snp_vmsa_mutex",
};

static int svm_vcpu_create(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	int ret = 0;

#ifdef TREE_HAS_SEV_VCPU_CREATE
	ret = sev_vcpu_create(vcpu);
#else
	if (sev_es_guest(vcpu->kvm))
		svm->sev_es.vmsa = page_address(snp_safe_alloc_page());
#endif
	svm->vmcb01.ptr = kzalloc(sizeof(struct vmcb), GFP_KERNEL);
	svm->current_vmcb = &svm->vmcb01;
	svm->vmcb = svm->vmcb01.ptr;
	__machine_name(&svm->sev_es.snp_vmsa_mutex, vmsa_mutex_names[vcpu->vcpu_id]);
	svm_vcpu_reset(vcpu, false);
	return ret;
}

static void svm_vcpu_free(struct kvm_vcpu *vcpu)
{
	sev_free_vcpu(vcpu);
}

static void svm_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
}

static void svm_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int root_level)
{
	to_svm(vcpu)->vmcb->control.nested_cr3 = root_hpa;
	__guest_load_root(vcpu, root_hpa, root_level);
}

/* all of the ASID's translations, at the next VMRUN */
static void svm_flush_tlb_asid(struct kvm_vcpu *vcpu)
{
	to_svm(vcpu)->vmcb->control.tlb_ctl = TLB_CONTROL_FLUSH_ASID;
}

static void svm_refresh_apicv_exec_ctrl(struct kvm_vcpu *vcpu)
{
}

static void svm_vm_nop(struct kvm *kvm)
{
}

/* What sev.c asks for before each VMRUN. */
static int pre_svm_run(struct kvm_vcpu *vcpu)
{
#ifdef TREE_HAS_FALLIBLE_PRE_SEV_RUN
	return pre_sev_run(to_svm(vcpu), vcpu->cpu);
#else
	pre_sev_run(to_svm(vcpu), vcpu->cpu);
	return 0;
#endif
}

/* The reason of the exit as the VMCB says it. */
static void svm_set_exit(struct vcpu_svm *svm, u64 reason)
{
	struct vmcb_control_area *control = &svm->vmcb->control;
	const struct guest_op *op;

	switch (reason) {
	case GUEST_EXTERNAL_INTERRUPT:
		control->exit_code = SVM_EXIT_INTR;
		break;
	case EXIT_REASON_HLT:
		control->exit_code = SVM_EXIT_HLT;
		break;
	case GUEST_NPF:
		control->exit_code = SVM_EXIT_NPF;
		control->exit_info_1 = __guest_npf_error_code(&svm->vcpu);
		control->exit_info_2 = __guest_exit_gpa(&svm->vcpu);
		break;
	case GUEST_HYPERCALL:
		op = &guest_of(&svm->vcpu)->ops[guest_of(&svm->vcpu)->pc];
		control->exit_code = SVM_EXIT_VMGEXIT;
		if (op->kind == GUEST_OP_PAGE_STATE) {
			control->ghcb_gpa = svm->sev_es.ghcb_registered_gpa;
			break;
		}
		/* a page state change by the MSR protocol, which needs no page of its own */
		control->ghcb_gpa = GHCB_MSR_PSC_REQ_GFN(op->gfn, op->kind == GUEST_OP_MAP_PRIVATE ?
								  SNP_PAGE_STATE_PRIVATE :
								  SNP_PAGE_STATE_SHARED);
		break;
	default:
		control->exit_code = SVM_EXIT_ERR;
		break;
	}
}

/* What the guest is told stands in its GHCB before it runs again. */
static void svm_prepare_switch_to_guest(struct kvm_vcpu *vcpu)
{
	if (____is_sev_es(vcpu->kvm))
		sev_es_unmap_ghcb(to_svm(vcpu));
}

static fastpath_t svm_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *control = &svm->vmcb->control;
	u64 reason;

	if (pre_svm_run(vcpu)) {
		vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		return EXIT_FASTPATH_EXIT_USERSPACE;
	}

	control->asid = svm->asid;
	__guest_vmcb(vcpu, control->asid, ____is_sev_es(vcpu->kvm) ? control->vmsa_pa : 0);
	if (control->tlb_ctl)
		__guest_flush_tlb(vcpu);

	reason = guest_run(vcpu);
	svm_set_exit(svm, reason);
	if (reason != GUEST_INVALID)
		control->tlb_ctl = TLB_CONTROL_DO_NOTHING;
	vcpu->arch.last_vmentry_cpu = vcpu->cpu;

	return EXIT_FASTPATH_NONE;
}

static int npf_interception(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	int rc;

	u64 error_code = svm->vmcb->control.exit_info_1;
	gpa_t gpa = svm->vmcb->control.exit_info_2;

	if (WARN_ON_ONCE(error_code & PFERR_SYNTHETIC_MASK))
		error_code &= ~PFERR_SYNTHETIC_MASK;

	/* an SNP guest says itself that it means its private memory */
	if (is_sev_snp_guest(vcpu) && (error_code & PFERR_GUEST_ENC_MASK))
		error_code |= PFERR_PRIVATE_ACCESS;

	rc = kvm_mmu_page_fault(vcpu, gpa, error_code, NULL, 0);

	if (rc > 0 && error_code & PFERR_GUEST_RMP_MASK)
		sev_handle_rmp_fault(vcpu, gpa, error_code);

	return rc;
}

static int svm_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)
{
	struct vmcb_control_area *control = &to_svm(vcpu)->vmcb->control;

	if (exit_fastpath == EXIT_FASTPATH_EXIT_USERSPACE)
		return 0;

	switch (control->exit_code) {
	case SVM_EXIT_INTR:
		return 1;
	case SVM_EXIT_HLT:
		vcpu->run->exit_reason = KVM_EXIT_HLT;
		return 0;
	case SVM_EXIT_NPF:
		return npf_interception(vcpu);
	case SVM_EXIT_VMGEXIT:
		return sev_handle_vmgexit(vcpu);
	default:
		break;
	}

	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	return 0;
}

static const struct kvm_x86_ops svm_x86_ops = {
	.vm_size = sizeof(struct kvm_svm),
	.required_apicv_inhibits = BIT(APICV_INHIBIT_REASON_DISABLED) |
				   BIT(APICV_INHIBIT_REASON_ABSENT) |
				   BIT(APICV_INHIBIT_REASON_BLOCKIRQ) |
				   BIT(APICV_INHIBIT_REASON_SEV),
	.vm_init = svm_vm_init,
	.vm_destroy = svm_vm_destroy,
	.vcpu_create = svm_vcpu_create,
	.vcpu_free = svm_vcpu_free,
	.vcpu_reset = svm_vcpu_reset,
	.vcpu_load = svm_vcpu_load,
	.prepare_switch_to_guest = svm_prepare_switch_to_guest,
	.load_mmu_pgd = svm_load_mmu_pgd,
	.flush_tlb_all = svm_flush_tlb_asid,
	.flush_tlb_current = svm_flush_tlb_asid,
	.flush_tlb_guest = svm_flush_tlb_asid,
	.vcpu_run = svm_vcpu_run,
	.handle_exit = svm_handle_exit,
	.refresh_apicv_exec_ctrl = svm_refresh_apicv_exec_ctrl,
#ifdef TREE_HAS_TDX
	/* trees with TDX have the op; for SEV it is empty */
	.vm_pre_destroy = svm_vm_nop,
#endif
	.guest_memory_reclaimed = sev_guest_memory_reclaimed,
#ifdef TREE_HAS_GMEM_MAKE_PRIVATE
	.gmem_make_private = sev_gmem_make_private,
	.gmem_make_shared = sev_gmem_make_shared,
#endif
#ifdef TREE_HAS_GMEM_INVALIDATE_RANGE
	.gmem_invalidate_range = sev_gmem_invalidate_range,
#endif
#ifdef TREE_HAS_RELOAD_VMSA
	.reload_vmsa = sev_snp_reload_vmsa,
#endif
#ifdef TREE_HAS_GMEM_MAX_MAPPING_LEVEL
	.gmem_max_mapping_level = sev_gmem_max_mapping_level,
#endif
};

const struct kvm_x86_ops *svm_hardware_setup(void)
{
	int cpu;

	kvm_mmu_vendor_module_init();
	kvm_configure_mmu(true, 4, 4, PG_LEVEL_1G);
	sev_hardware_setup();
	for_each_possible_cpu(cpu)
		WARN_ON(sev_cpu_init(per_cpu_ptr(&svm_data, cpu)));
	return &svm_x86_ops;
}

size_t svm_vcpu_size(void)
{
	return sizeof(struct vcpu_svm);
}

/* ---- what the VMM says of its guest: ioctls of the SEV device's VMs ---- */

static int sev_ioctl(struct kvm *kvm, u32 id, void *data)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (unsigned long)data, .sev_fd = sev_fd };

	return sev_mem_enc_ioctl(kvm, &cmd);
}

static const struct file_operations sev_device;

void svm_prepare_vm(struct kvm *kvm)
{
	struct kvm_sev_init init = { };
	struct kvm_sev_snp_launch_start start = { .policy = SNP_POLICY_MASK_RSVD_MBO | SNP_POLICY_MASK_SMT };

	sev_fd = anon_inode_getfd("sev", &sev_device, NULL, 0);
	kvm->arch.hypercall_exit_enabled = BIT(KVM_HC_MAP_GPA_RANGE);
	WARN_ON(sev_ioctl(kvm, KVM_SEV_INIT2, &init));
	if (kvm->arch.vm_type == KVM_X86_SNP_VM)
		WARN_ON(sev_ioctl(kvm, KVM_SEV_SNP_LAUNCH_START, &start));
}

int svm_launch_pages(struct kvm *kvm, gfn_t gfn, unsigned long nr_pages, unsigned long uaddr)
{
	int r;
	struct kvm_sev_snp_launch_update update = {
		.gfn_start = gfn,
		.uaddr = uaddr,
		.len = nr_pages * PAGE_SIZE,
		.type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};

	r = sev_ioctl(kvm, KVM_SEV_SNP_LAUNCH_UPDATE, &update);
	return r ? r : (int)(update.len / PAGE_SIZE);
}

int svm_launch_finish(struct kvm *kvm)
{
	struct kvm_sev_snp_launch_finish finish = { };

	if (kvm->arch.vm_type == KVM_X86_SEV_ES_VM)
		return sev_ioctl(kvm, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL);
	if (kvm->arch.vm_type != KVM_X86_SNP_VM)
		return 0;
	return sev_ioctl(kvm, KVM_SEV_SNP_LAUNCH_FINISH, &finish);
}

/* As if the vCPU had run on this CPU last, and nobody else there since. */
void svm_ran_on(struct kvm_vcpu *vcpu, int cpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (per_cpu_ptr(&svm_data, cpu)->sev_vmcbs[svm->asid] != svm->vmcb)
		per_cpu_ptr(&svm_data, cpu)->sev_vmcbs[svm->asid] = svm->vmcb;
	if (vcpu->arch.last_vmentry_cpu != cpu)
		vcpu->arch.last_vmentry_cpu = cpu;
}

/* As if the guest had asked by the GHCB: SVM_VMGEXIT_AP_CREATION. */
int svm_create_ap(struct kvm_vcpu *vcpu, struct kvm_vcpu *target, gfn_t gfn)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm->vmcb->control.exit_info_1 = ((u64)target->vcpu_id << 32) | SVM_VMGEXIT_AP_CREATE;
	svm->vmcb->control.exit_info_2 = gfn_to_gpa(gfn);
	vcpu->arch.regs[VCPU_REGS_RAX] = to_kvm_sev_info(vcpu->kvm)->vmsa_features;
	return sev_snp_ap_creation(svm);
}

/* ---- page state changes by the GHCB, as the guest makes them ---- */

struct guest_psc {
	struct psc_hdr hdr;
	struct psc_entry entries[VMGEXIT_PSC_MAX_ENTRY];
};

static struct guest_psc *psc_of(struct ghcb *ghcb)
{
	return (struct guest_psc *)ghcb->shared_buffer;
}

void svm_set_ghcb(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	to_svm(vcpu)->sev_es.ghcb_registered_gpa = gfn_to_gpa(gfn);
}

u64 svm_ask_page_states(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr)
{
	gpa_t gpa = to_svm(vcpu)->sev_es.ghcb_registered_gpa;
	u64 r = __guest_access(vcpu, gpa, GUEST_WRITE);
	struct guest_psc *psc;
	struct ghcb *ghcb;
	int i;

	if (r != GUEST_DONE)
		return r;

	ghcb = __guest_page(vcpu, gpa);
	psc = psc_of(ghcb);
	psc->hdr.cur_entry = 0;
	psc->hdr.end_entry = nr - 1;
	for (i = 0; i < nr; i++) {
		struct psc_entry entry = {
			.gfn = ops[i].gfn,
			.operation = ops[i].shared ? VMGEXIT_PSC_OP_SHARED : VMGEXIT_PSC_OP_PRIVATE,
		};

		psc->entries[i] = entry;
	}

	ghcb_set_sw_exit_code(ghcb, SVM_VMGEXIT_PSC);
	ghcb_set_sw_exit_info_1(ghcb, 0);
	ghcb_set_sw_exit_info_2(ghcb, 0);
	ghcb_set_sw_scratch(ghcb, gpa + offsetof(struct ghcb, shared_buffer));
	return GUEST_DONE;
}

/* The entries before the current one are done; an error stops the guest at it. */
bool svm_page_states_answered(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr)
{
	struct ghcb *ghcb = __guest_page(vcpu, to_svm(vcpu)->sev_es.ghcb_registered_gpa);
	struct guest_psc *psc = psc_of(ghcb);
	bool done = !lower_32_bits(ghcb->save.sw_exit_info_1) && !ghcb->save.sw_exit_info_2;
	int i;

	for (i = 0; i < nr && (done || i < psc->hdr.cur_entry); i++)
		__guest_told(vcpu, ops[i].gfn, !ops[i].shared);
	return done;
}

void svm_spoil_request(struct kvm_vcpu *vcpu)
{
	struct ghcb *ghcb = __guest_page(vcpu, to_svm(vcpu)->sev_es.ghcb_registered_gpa);

	WRITE_ONCE(psc_of(ghcb)->hdr.end_entry, 0xffff);
}

/* What no folio of guest_memfd is large enough for so far. */
int svm_make_huge(struct kvm_vcpu *vcpu, int gmem_fd, gfn_t gfn)
{
	struct file *file = fget(gmem_fd);
	u64 pfn = page_to_pfn(&file->f_mapping->folios[0]->page);

	fput(file);
	if (__rmpupdate(pfn, 1, gfn_to_gpa(gfn), PG_LEVEL_2M, to_svm(vcpu)->asid, 0))
		return -EINVAL;
	return __rmp_validate_huge(pfn) ? 0 : -EINVAL;
}

#endif
