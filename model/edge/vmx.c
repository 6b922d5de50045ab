/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests on plain VMX (DEFAULT and SW_PROTECTED VMs): entry, exits, EPT root, TLB flushes. */
#include "entry.h"
#include "smm.h"
#include "vt.h"

int vmx_vm_init(struct kvm *kvm)
{
	return 0;
}

int vmx_vcpu_create(struct kvm_vcpu *vcpu)
{
	return 0;
}

void vmx_vcpu_free(struct kvm_vcpu *vcpu)
{
}

void vmx_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	/* translations of this vCPU on its former CPU, or of the VM on the new one, may be stale */
	if (vcpu->cpu != cpu)
		kvm_make_request(KVM_REQ_TLB_FLUSH, vcpu);
}

void vmx_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int root_level)
{
	__guest_load_root(vcpu, root_hpa, root_level);
}

void vmx_flush_tlb_all(struct kvm_vcpu *vcpu)
{
	__guest_flush_tlb(vcpu);
}

void vmx_flush_tlb_current(struct kvm_vcpu *vcpu)
{
	u64 root_hpa = vcpu->arch.mmu->root.hpa;

	/* nothing loaded, nothing cached */
	if (!VALID_PAGE(root_hpa))
		return;

	__guest_flush_tlb(vcpu);
}

void vmx_flush_tlb_guest(struct kvm_vcpu *vcpu)
{
	__guest_flush_tlb(vcpu);
}

fastpath_t vmx_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	u64 reason = guest_run(vcpu);

	set_exit(vcpu, reason, __guest_exit_qualification(vcpu));

	return EXIT_FASTPATH_NONE;
}

static int handle_ept_violation(struct kvm_vcpu *vcpu)
{
	unsigned long exit_qualification = vmx_get_exit_qual(vcpu);
	gpa_t gpa;

	gpa = __guest_exit_gpa(vcpu);

	return __vmx_handle_ept_violation(vcpu, gpa, exit_qualification);
}

static int handle_ept_misconfig(struct kvm_vcpu *vcpu)
{
	gpa_t gpa;

	gpa = __guest_exit_gpa(vcpu);

	return kvm_mmu_page_fault(vcpu, gpa, PFERR_RSVD_MASK, NULL, 0);
}

/* The one hypercall of the model's guests: KVM_HC_MAP_GPA_RANGE, for user space to answer. */
static int kvm_emulate_hypercall(struct kvm_vcpu *vcpu)
{
	gpa_t gpa = guest_op_gpa(vcpu);
	const struct guest_op *op = &guest_of(vcpu)->ops[guest_of(vcpu)->pc];

	vcpu->run->exit_reason = KVM_EXIT_HYPERCALL;
	vcpu->run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	vcpu->run->hypercall.ret = 0;
	vcpu->run->hypercall.args[0] = gpa;
	vcpu->run->hypercall.args[1] = 1;
	vcpu->run->hypercall.args[2] = op->kind == GUEST_OP_MAP_PRIVATE ?
				       KVM_MAP_GPA_RANGE_ENCRYPTED :
				       KVM_MAP_GPA_RANGE_DECRYPTED;
	return 0;
}

int vmx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)
{
	if (exit_fastpath != EXIT_FASTPATH_NONE)
		return 1;

	switch (exit_reason_of(vcpu)) {
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		return 1;
	case EXIT_REASON_HLT:
		vcpu->run->exit_reason = KVM_EXIT_HLT;
		return 0;
	case GUEST_HYPERCALL:
		return kvm_emulate_hypercall(vcpu);
	case GUEST_SMI:
		enter_smm(vcpu);
		return 1;
	case GUEST_RSM:
		leave_smm(vcpu);
		return 1;
	case EXIT_REASON_EPT_VIOLATION:
		return handle_ept_violation(vcpu);
	case EXIT_REASON_EPT_MISCONFIG:
		return handle_ept_misconfig(vcpu);
	default:
		break;
	}

	vcpu->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	return 0;
}
