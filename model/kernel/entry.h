/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How scenario drivers, and our stand-ins for x86.c and VMX, enter a tree's KVM. Where releases differ,
 * macros named TREE_HAS_... say what this one has: the compilation defines them after probing.
 */
#ifndef __ENTRY_H
#define __ENTRY_H

#include <linux/kvm_host.h>
#include "kernel.h"
#include "guest.h"
#include <asm/tdx.h>
#include <asm/vmx.h>
#include "svm_entry.h"

#ifdef TREE_HAS_SEV
/* ops of SVM's guests that have nothing to do with the MMU */
void svm_fill_ops(struct kvm_x86_ops *ops);
#else
#define svm_fill_ops(ops) do { } while (0)
#endif

#define DRIVER_VCPUS 4
#define DRIVER_SLOTS 3

extern struct guest_program __guest_programs[DRIVER_VCPUS];
extern bool __guest_events[DRIVER_VCPUS];
extern struct file __vcpu_files[DRIVER_VCPUS];
#define guest_of(vcpu) (&__guest_programs[(vcpu)->vcpu_id])
/* whether the guest has an event waiting: kvm_vcpu_has_events() */
#define guest_event(vcpu) __guest_events[(vcpu)->vcpu_id]

u64 guest_run(struct kvm_vcpu *vcpu);
gpa_t guest_op_gpa(struct kvm_vcpu *vcpu);
/* the guest's SMI and its RSM */
void enter_smm(struct kvm_vcpu *vcpu);
void leave_smm(struct kvm_vcpu *vcpu);
/* the module's initialisation, as far as KVM's state depends on it */
void enter_hardware_setup(int vm_type);
/* What a VMM says of its VM before the first vCPU: KVM_TDX_INIT_VM, KVM_SEV_INIT2. Other types: nothing. */
void enter_prepare_vm(struct kvm *kvm);
#ifndef TREE_HAS_TDX
/* the type's number in the ABI: no VM of this tree has it */
#define KVM_X86_TDX_VM 5
#endif

#ifndef GUEST_MEMFD_FLAG_MMAP
/* the ABI's numbers: this tree refuses them */
#define GUEST_MEMFD_FLAG_MMAP (1ULL << 0)
#define GUEST_MEMFD_FLAG_INIT_SHARED (1ULL << 1)
#endif

#ifndef TREE_HAS_GFN_DIRECT_BITS
#define kvm_gfn_direct_bits(kvm) 0ULL
#define kvm_is_gfn_alias(kvm, gfn) false
#endif

static inline struct kvm *enter_create_vm(int vm_type)
{
	return kvm_create_vm(vm_type, "0");
}

/* The vCPU behind what KVM_CREATE_VCPU has made. */
static inline struct kvm_vcpu *enter_vcpu(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, id);

	__vcpu_files[id].private_data = vcpu;
	return vcpu;
}

/* The vCPU is taken to have run on this CPU last, as set-up left it. */
static inline void enter_leave_on(struct kvm_vcpu *vcpu, int cpu)
{
	if (vcpu->cpu != cpu)
		vcpu->cpu = cpu;
	if (is_svm_type(vcpu->kvm->arch.vm_type))
		svm_ran_on(vcpu, cpu);
}

/* KVM_RUN */
static inline int enter_run(struct kvm_vcpu *vcpu)
{
	return kvm_vcpu_ioctl(&__vcpu_files[vcpu->vcpu_id], KVM_RUN, 0);
}

static inline void enter_toggle_nx_huge_pages(struct kvm *kvm)
{
	set_nx_huge_pages(nx_huge_pages ? "0" : "1", NULL);
}

static inline void enter_nx_recovery(struct kvm *kvm)
{
#ifdef TREE_HAS_NX_RECOVERY_BY_MMU_TYPE
	kvm_recover_nx_huge_pages(kvm, KVM_TDP_MMU);
#else
	kvm_recover_nx_huge_pages(kvm);
#endif
}

/* The nx_huge_pages_recovery_ratio parameter is set to 1. */
static inline void enter_recover_all(void)
{
	nx_huge_pages_recovery_ratio = 1;
}

static inline void enter_pend_event(struct kvm_vcpu *vcpu, bool pending)
{
	WRITE_ONCE(guest_event(vcpu), pending);
}

#ifdef TREE_HAS_TDX
/* the module is there, with one private key */
void enter_tdx_hardware_setup(void);
/* KVM_TDX_INIT_VM, if it is a TD */
void enter_tdx_prepare_vm(struct kvm *kvm);
/* bytes of KVM's record of a TD's vCPU */
size_t enter_tdx_vcpu_size(void);

static inline int enter_tdx_vm(struct kvm *kvm, struct kvm_tdx_cmd *cmd)
{
	return tdx_vm_ioctl(kvm, cmd);
}

static inline int enter_tdx_vcpu(struct kvm_vcpu *vcpu, struct kvm_tdx_cmd *cmd)
{
	return tdx_vcpu_unlocked_ioctl(vcpu, cmd);
}
#else
#define enter_tdx_hardware_setup() do { } while (0)
#define enter_tdx_prepare_vm(kvm) do { } while (0)
#define enter_tdx_vcpu_size() 0UL
struct kvm_tdx_cmd { u32 id; u32 flags; u64 data; u64 hw_error; };
struct kvm_tdx_init_mem_region { u64 source_addr; u64 gpa; u64 nr_pages; };
#define KVM_TDX_INIT_VM 1
#define KVM_TDX_INIT_VCPU 2
#define KVM_TDX_INIT_MEM_REGION 3
#define KVM_TDX_FINALIZE_VM 4
#define KVM_TDX_MEASURE_MEMORY_REGION 1
#define enter_tdx_vm(kvm, cmd) (-EINVAL)
#define enter_tdx_vcpu(vcpu, cmd) (-EINVAL)
#endif

#endif
