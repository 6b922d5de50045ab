/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for arch/x86/kvm/smm.c: what SMM is to the MMU, another address space. Registers are not saved and
 * restored. What is weak is compiled from a tree, where it has it.
 */
#include "entry.h"
#include "mmu.h"

__weak void kvm_smm_changed(struct kvm_vcpu *vcpu, bool entering_smm)
{
	if (entering_smm) {
		vcpu->arch.hflags |= HF_SMM_MASK;
	} else {
		vcpu->arch.hflags &= ~HF_SMM_MASK;

		/* an INIT or SMI that came meanwhile is taken now */
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	}

	kvm_mmu_reset_context(vcpu);
}

void enter_smm(struct kvm_vcpu *vcpu)
{
	kvm_smm_changed(vcpu, true);
}

/* RSM: emulator_leave_smm() without the emulator. */
void leave_smm(struct kvm_vcpu *vcpu)
{
	kvm_smm_changed(vcpu, false);

	/* there is no INIT or SMI */
	kvm_clear_request(KVM_REQ_EVENT, vcpu);
}
