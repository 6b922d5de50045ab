/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of arch/x86/kvm/x86.c around a tree's own MMU: what a vCPU is made with, guest_memfd's pages, and what
 * functions of a tree's x86.c call for the sake of other things. model/edge/x86.c and x86_vm.c are the MMU's part.
 */
#include "entry.h"
#include "sev.h"

struct kvm_host_values kvm_host = { .maxphyaddr = 48 };
struct kvm_caps kvm_caps = {
	.supported_quirks = KVM_X86_QUIRK_SLOT_ZAP_ALL | KVM_X86_QUIRK_IGNORE_GUEST_PAT,
	.supported_xcr0 = 3,
};
struct guest_program __guest_programs[DRIVER_VCPUS];
bool __guest_events[DRIVER_VCPUS];
struct file __vcpu_files[DRIVER_VCPUS];
bool itlb_multihit_kvm_mitigation;
struct cpuinfo_x86 boot_cpu_data = { .x86_phys_bits = 48, .x86_cache_bits = 48 };
bool enable_ept = true, enable_ept_ad_bits = true;
#ifndef TREE_HAS_EAGER_SPLIT_IN_MMU
bool eager_page_split = true;
#endif

int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu)
{
	int r;

	vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	memset(&vcpu->arch.regs_avail, 0xff, sizeof(vcpu->arch.regs_avail));
	/* a guest in 64-bit mode */
	vcpu->arch.cr0 = X86_CR0_PE | X86_CR0_WP | X86_CR0_PG;
	vcpu->arch.cr4 = X86_CR4_PAE;
	vcpu->arch.efer = EFER_LME | EFER_LMA | EFER_NX;
	vcpu->arch.apic = kzalloc(sizeof(*vcpu->arch.apic), GFP_KERNEL);
	vcpu->arch.apic->apicv_active = true;
	/* only guests of SEV-ES look at it */
	if (is_svm_type(vcpu->kvm->arch.vm_type))
		vcpu->arch.guest_fpu.fpstate = kzalloc(sizeof(struct fpstate), GFP_KERNEL);

	r = kvm_mmu_create(vcpu);
	if (r < 0)
		return r;

	r = kvm_x86_call(vcpu_create)(vcpu);
	if (r)
		return r;

	vcpu_load(vcpu);
	kvm_init_mmu(vcpu);
	vcpu_put(vcpu);
	return 0;
}

/* ---- guest_memfd's pages: only SNP has a say ---- */
#ifdef TREE_HAS_GMEM_MAKE_PRIVATE
__weak int kvm_arch_gmem_make_private(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	return kvm_x86_call(gmem_make_private)(kvm, gfn, pfn, nr_pages);
}

__weak void kvm_arch_gmem_reclaim(kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	kvm_x86_call(gmem_make_shared)(pfn, nr_pages);
}
#else
__weak int kvm_arch_gmem_prepare(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn, int max_order)
{
	return kvm_x86_call(gmem_prepare)(kvm, pfn, gfn, max_order);
}

__weak void kvm_arch_gmem_invalidate(kvm_pfn_t start, kvm_pfn_t end)
{
	kvm_x86_call(gmem_invalidate)(start, end);
}
#endif
#ifdef TREE_HAS_GMEM_INVALIDATE_RANGE
__weak void kvm_arch_gmem_invalidate_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	kvm_x86_call(gmem_invalidate_range)(kvm, range);
}
#endif

/* ---- what the destruction of a VM frees beside its memory: there is none of it here ---- */
static void kvm_free_msr_filter(struct kvm_x86_msr_filter *msr_filter)
{
}

static __weak void kvm_unload_vcpu_mmu(struct kvm_vcpu *vcpu)
{
}

static __weak void kvm_unload_vcpu_mmus(struct kvm *kvm)
{
}

static __weak void memslot_rmap_free(struct kvm_memory_slot *slot)
{
}

__weak int memslot_rmap_alloc(struct kvm_memory_slot *slot, unsigned long npages)
{
	return 0;
}

static __weak void kvm_mmu_update_cpu_dirty_logging(struct kvm *kvm, bool enable)
{
	/* no CPU of the model logs by itself */
}
