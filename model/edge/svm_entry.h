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
/* pages of the initial image, measured; returns how many are left, or an error */
int svm_launch_pages(struct kvm *kvm, gfn_t gfn, unsigned long nr_pages, unsigned long uaddr);
/* the vCPUs' registers are measured, and the launch is over */
int svm_launch_finish(struct kvm *kvm);
void svm_ran_on(struct kvm_vcpu *vcpu, int cpu);
/* a vCPU's guest starts another with the registers at gfn */
int svm_create_ap(struct kvm_vcpu *vcpu, struct kvm_vcpu *target, gfn_t gfn);
/* the vCPU's guest has registered the page at gfn, shared memory of its, as its GHCB */
void svm_set_ghcb(struct kvm_vcpu *vcpu, gfn_t gfn);
/*
 * the guest writes a request for these page state changes into its GHCB: GUEST_DONE, or the exit that this causes; once
 * it is answered: true if it goes on, false if it gives up
 */
u64 svm_ask_page_states(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr);
bool svm_page_states_answered(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr);
/* somebody who shares the GHCB writes into the request that it has no end */
void svm_spoil_request(struct kvm_vcpu *vcpu);
/* all pages of a guest_memfd become one entry of the RMP at gfn, validated */
int svm_make_huge(struct kvm_vcpu *vcpu, int gmem_fd, gfn_t gfn);
#else
#define svm_hardware_setup() NULL
#define svm_vcpu_size() 0UL
#define svm_prepare_vm(kvm) do { } while (0)
#define svm_launch_pages(kvm, gfn, nr_pages, uaddr) (-EINVAL)
#define svm_launch_finish(kvm) (-EINVAL)
#define svm_ran_on(vcpu, cpu) do { } while (0)
#define svm_create_ap(vcpu, target, gfn) (-EINVAL)
#define svm_set_ghcb(vcpu, gfn) do { } while (0)
#define svm_ask_page_states(vcpu, ops, nr) GUEST_DONE
#define svm_page_states_answered(vcpu, ops, nr) true
#define svm_spoil_request(vcpu) do { } while (0)
#define svm_make_huge(vcpu, gmem_fd, gfn) (-EINVAL)
#endif

#endif
