/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's neighbours of the MMU that are not compiled from the tree (interrupts, emulation, statistics,
 * devices), as far as the MMU's callers and callees need an answer of them.
 */
#include "entry.h"
#include "x86.h"
#include "lapic.h"

const struct kvm_stats_header kvm_vm_stats_header;
const struct kvm_stats_header kvm_vcpu_stats_header;
const struct kvm_stats_desc kvm_vm_stats_desc[1];
const struct kvm_stats_desc kvm_vcpu_stats_desc[1];
u32 kvm_cpu_caps[64];
bool virt_rebooting;

__weak int kvm_coalesced_mmio_init(struct kvm *kvm) { return 0; }
__weak void kvm_coalesced_mmio_free(struct kvm *kvm) { }
__weak void kvm_eventfd_init(struct kvm *kvm) { }
__weak int kvm_vfio_ops_init(void) { return 0; }
__weak void kvm_vfio_ops_exit(void) { }
__weak int kvm_init_irq_routing(struct kvm *kvm) { return 0; }
__weak void kvm_free_irq_routing(struct kvm *kvm) { }
__weak int kvm_irqfd_init(void) { return 0; }
__weak void kvm_irqfd_exit(void) { }
__weak int kvm_async_pf_init(void) { return 0; }
__weak void kvm_async_pf_deinit(void) { }
__weak int kvm_arch_vcpu_precreate(struct kvm *kvm, unsigned int id) { return 0; }
__weak void kvm_arch_vcpu_postcreate(struct kvm_vcpu *vcpu) { }
__weak void kvm_arch_create_vcpu_debugfs(struct kvm_vcpu *vcpu, struct dentry *d) { }
__weak long kvm_arch_vcpu_unlocked_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg) { return -ENOIOCTLCMD; }
/* the vCPU is in the guest: leave it */
__weak int kvm_arch_vcpu_should_kick(struct kvm_vcpu *vcpu) { return cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE) == IN_GUEST_MODE; }
__weak int kvm_arch_vcpu_runnable(struct kvm_vcpu *vcpu) { return 1; }
__weak bool kvm_arch_vcpu_in_kernel(struct kvm_vcpu *vcpu) { return true; }

/* no guest page is tracked for writes */
__weak int kvm_page_track_init(struct kvm *kvm) { return 0; }
__weak void kvm_page_track_cleanup(struct kvm *kvm) { }
__weak void kvm_page_track_free_memslot(struct kvm_memory_slot *slot) { }
__weak int kvm_page_track_create_memslot(struct kvm *kvm, struct kvm_memory_slot *slot,
					 unsigned long npages) { return 0; }
__weak void kvm_pic_destroy(struct kvm *kvm) { }
__weak void kvm_ioapic_destroy(struct kvm *kvm) { }
__weak void kvm_xen_destroy_vm(struct kvm *kvm) { }
__weak void kvm_hv_destroy_vm(struct kvm *kvm) { }
__weak void perf_release_mediated_pmu(void) { }
/* KVM's own memslots: the model has none */
__weak void *__x86_set_memory_region(struct kvm *kvm, int id, gpa_t gpa, u32 size) { return NULL; }
__weak bool kvm_page_track_write_tracking_enabled(struct kvm *kvm) { return false; }
__weak bool kvm_gfn_is_write_tracked(struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn) { return false; }
__weak int kvm_page_track_write_tracking_alloc(struct kvm_memory_slot *slot) { return 0; }
__weak int memslot_rmap_alloc(struct kvm_memory_slot *slot, unsigned long npages) { return 0; }

/* no asynchronous page faults: the VMM's memory is always there, or made at once */
__weak bool kvm_can_do_async_pf(struct kvm_vcpu *vcpu) { return false; }
__weak bool kvm_find_async_pf_gfn(struct kvm_vcpu *vcpu, gfn_t gfn) { return false; }

__weak int cpuid_query_maxphyaddr(struct kvm_vcpu *vcpu) { return 48; }
__weak int cpuid_query_maxguestphyaddr(struct kvm_vcpu *vcpu) { return 48; }
/* an instruction on MMIO: user space emulates it */
__weak int x86_emulate_instruction(struct kvm_vcpu *vcpu, gpa_t cr2_or_gpa, int emulation_type, void *insn, int insn_len)
{
	/* but not for a TD, which goes back in, takes #VE at the entry just made, and asks user space */
	if (vcpu->kvm->arch.vm_type == KVM_X86_TDX_VM)
		return 1;

	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	return 0;
}

__weak int kvm_find_user_return_msr(u32 msr) { return 0; }
__weak bool kvm_vcpu_is_reset_bsp(struct kvm_vcpu *vcpu) { return vcpu->vcpu_id == 0; }
__weak int kvm_apic_set_base(struct kvm_vcpu *vcpu, u64 value, bool host_initiated) { return 0; }
__weak struct kvm_cpuid_entry2 *kvm_find_cpuid_entry2(struct kvm_cpuid_entry2 *entries, int nent, u32 function, u64 index)
{
	int i;

	for (i = 0; i < nent; i++)
		if (entries[i].function == function)
			return &entries[i];
	return NULL;
}
__weak void vmx_handle_nmi(struct kvm_vcpu *vcpu) { }
__weak void vmx_vcpu_pi_load(struct kvm_vcpu *vcpu, int cpu) { }
__weak void vmx_vcpu_pi_put(struct kvm_vcpu *vcpu) { }
__weak void fpstate_set_confidential(struct fpu_guest *gfpu) { }
__weak void kvm_wait_lapic_expire(struct kvm_vcpu *vcpu) { }
__weak void kvm_async_pf_vcpu_init(struct kvm_vcpu *vcpu) { }
__weak void kvm_clear_async_pf_completion_queue(struct kvm_vcpu *vcpu) { }
__weak void kvm_check_async_pf_completion(struct kvm_vcpu *vcpu) { }
__weak int kvm_emulate_halt_noskip(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_HLT;
	return 0;
}
__weak void kvm_arch_sync_events(struct kvm *kvm) { }
__weak void kvm_arch_free_vm(struct kvm *kvm)
{
	kvfree(kvm);
}
