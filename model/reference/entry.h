/* SPDX-License-Identifier: GPL-2.0-only */
/* How scenario drivers enter the reference KVM. A tree's KVM has an entry.h of its own, with the same names. */
#ifndef __ENTRY_H
#define __ENTRY_H

#include "kvm_host.h"
#include "guest.h"
#include "tdx.h"
#include "svm_entry.h"

#define DRIVER_VCPUS KVM_MAX_VCPUS
#define DRIVER_SLOTS KVM_USER_MEM_SLOTS

/* The guest that a vCPU runs. */
#define guest_of(vcpu) ((vcpu)->guest)
#define guest_event(vcpu) ((vcpu)->arch.event_pending)

/* The module's initialisation. */
static inline void enter_hardware_setup(int vm_type)
{
	if (is_svm_type(vm_type)) {
		kvm_x86_ops = *svm_hardware_setup();
		kvm_x86_ops.vcpu_size = svm_vcpu_size();
		return;
	}

	kvm_mmu_set_ept_masks(true);
	tdx_hardware_setup();
}

static inline struct kvm *enter_create_vm(int vm_type)
{
	return kvm_create_vm(vm_type);
}

/* What user space does between creating a VM and its first vCPU. */
static inline void enter_prepare_vm(struct kvm *kvm)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM };

	if (is_svm_type(kvm->arch.vm_type))
		svm_prepare_vm(kvm);
	else if (kvm->arch.vm_type == KVM_X86_TDX_VM)
		WARN_ON(tdx_vm_ioctl(kvm, &cmd));
}

/* The vCPU is taken to have run on this CPU last, as set-up left it. */
static inline void enter_leave_on(struct kvm_vcpu *vcpu, int cpu)
{
	if (vcpu->cpu != cpu)
		vcpu->cpu = cpu;
	if (is_svm_type(vcpu->kvm->arch.vm_type))
		svm_ran_on(vcpu, cpu);
}

/* The vCPU behind what KVM_CREATE_VCPU has made. */
static inline struct kvm_vcpu *enter_vcpu(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = kvm->vcpu_array[id];

	vcpu->guest = kzalloc(sizeof(struct guest_program), GFP_KERNEL);
	return vcpu;
}

static inline int enter_tdx_vm(struct kvm *kvm, struct kvm_tdx_cmd *cmd)
{
	return tdx_vm_ioctl(kvm, cmd);
}

static inline int enter_tdx_vcpu(struct kvm_vcpu *vcpu, struct kvm_tdx_cmd *cmd)
{
	return tdx_vcpu_unlocked_ioctl(vcpu, cmd);
}

/* KVM_RUN */
static inline int enter_run(struct kvm_vcpu *vcpu)
{
	return kvm_vcpu_ioctl_run(vcpu);
}

static inline void enter_toggle_nx_huge_pages(struct kvm *kvm)
{
	set_nx_huge_pages(kvm, !nx_huge_pages);
}

static inline void enter_nx_recovery(struct kvm *kvm)
{
	kvm_recover_nx_huge_pages(kvm, KVM_TDP_MMU);
}

/* The reference takes all that there are anyway. */
static inline void enter_recover_all(void)
{
}

static inline void enter_pend_event(struct kvm_vcpu *vcpu, bool pending)
{
	WRITE_ONCE(guest_event(vcpu), pending);
}

#endif
