/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM keeps of a vCPU on plain VMX: its last exit. */
#ifndef __KVM_X86_VMX_H
#define __KVM_X86_VMX_H

#include "common.h"
#include "x86_ops.h"

struct vcpu_vmx {
	struct kvm_vcpu vcpu;
	struct vcpu_vt vt;
};

static inline struct vcpu_vt *to_vt(struct kvm_vcpu *vcpu)
{
	return &(container_of(vcpu, struct vcpu_vmx, vcpu)->vt);
}

static inline union vmx_exit_reason vmx_get_exit_reason(struct kvm_vcpu *vcpu)
{
	return to_vt(vcpu)->exit_reason;
}

static inline unsigned long vmx_get_exit_qual(struct kvm_vcpu *vcpu)
{
	return to_vt(vcpu)->exit_qualification;
}

#endif
