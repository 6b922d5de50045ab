/* SPDX-License-Identifier: GPL-2.0-only */
/* System management mode, as far as it is another address space. */
#ifndef __SMM_H
#define __SMM_H

#include "kvm_host.h"

static inline bool is_smm(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hflags & HF_SMM_MASK;
}

void kvm_smm_changed(struct kvm_vcpu *vcpu, bool in_smm);
void enter_smm(struct kvm_vcpu *vcpu);
void leave_smm(struct kvm_vcpu *vcpu);

#endif
