/* SPDX-License-Identifier: GPL-2.0-only */
/* What the x86 side of VMs and vCPUs (model/edge/x86.c, x86_vm.c) is here and is another thing around a tree. */
#include "mmu.h"

struct kvm_host_values kvm_host = { .maxphyaddr = KVM_MODEL_MAXPHYADDR };
struct kvm_caps kvm_caps = {
	.supported_quirks = KVM_X86_QUIRK_SLOT_ZAP_ALL | KVM_X86_QUIRK_IGNORE_GUEST_PAT,
};

int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu)
{
	int r;

	vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu->arch.apic->apicv_active = true;

	r = kvm_mmu_create(vcpu);
	if (r < 0)
		return r;

	r = kvm_x86_call(vcpu_create)(vcpu);
	if (r)
		return r;

	kvm_init_mmu(vcpu);
	return 0;
}

/* Only SNP has something to do to the pages of a guest_memfd. */
#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT
int kvm_arch_gmem_make_private(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn,
			       kvm_pfn_t nr_pages)
{
	if (!kvm_x86_ops.gmem_make_private)
		return 0;

	return kvm_x86_call(gmem_make_private)(kvm, gfn, pfn, nr_pages);
}
#endif

#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_RECLAIM
void kvm_arch_gmem_reclaim(kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	if (!kvm_x86_ops.gmem_make_shared)
		return;

	kvm_x86_call(gmem_make_shared)(pfn, nr_pages);
}
#endif

#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE
void kvm_arch_gmem_invalidate_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	if (!kvm_x86_ops.gmem_invalidate_range)
		return;

	kvm_x86_call(gmem_invalidate_range)(kvm, range);
}
#endif
