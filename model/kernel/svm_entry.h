/* SPDX-License-Identifier: GPL-2.0-only */
/* How set-up and drivers enter guests on SVM: by these, without SVM's own headers. */
#ifndef __SVM_ENTRY_H
#define __SVM_ENTRY_H

#include <linux/kvm_host.h>

/* numbers of the ABI, between those of software-protected VMs and TDs */
#define is_svm_type(type) ((type) >= 2 && (type) <= 4)
#ifdef TREE_HAS_SEV
#define ____is_sev_es(kvm) ((kvm)->arch.vm_type != KVM_X86_SEV_VM)

/* the vendor module's initialisation; returns its ops */
const struct kvm_x86_ops *svm_hardware_setup(void);
/* bytes of KVM's record of a vCPU */
size_t svm_vcpu_size(void);
/* KVM_SEV_INIT2 and, of SNP guests, the start of the launch */
void svm_prepare_vm(struct kvm *kvm);
/* one page of the initial image, measured */
int svm_launch_page(struct kvm *kvm, gfn_t gfn, unsigned long uaddr);
/* the vCPUs' registers are measured, and the launch is over */
int svm_launch_finish(struct kvm *kvm);
void svm_ran_on(struct kvm_vcpu *vcpu, int cpu);
#else
#define svm_hardware_setup() NULL
#define svm_vcpu_size() 0UL
#define svm_prepare_vm(kvm) do { } while (0)
#define svm_launch_page(kvm, gfn, uaddr) (-EINVAL)
#define svm_launch_finish(kvm) (-EINVAL)
#define svm_ran_on(vcpu, cpu) do { } while (0)
#endif

#endif
