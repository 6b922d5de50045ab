/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of VMX that KVM's MMU reaches: INVEPT drops what the CPU has cached for the vCPU that it runs. */
#ifndef __KVM_X86_VMX_INSN_H
#define __KVM_X86_VMX_INSN_H

#include <linux/kvm_host.h>
#include <asm/vmx.h>

/* Of the VMCS only what tells of the last exit exists. */
static inline unsigned long vmcs_readl(unsigned long field)
{
	return field == EXIT_QUALIFICATION ? __guest_exit_qualification(kvm_get_running_vcpu()) : 0;
}

static inline u64 vmcs_read64(unsigned long field)
{
	return 0;
}

static inline u32 vmcs_read32(unsigned long field)
{
	return 0;
}

static inline u16 vmcs_read16(unsigned long field)
{
	return 0;
}

static inline void ept_sync_global(void)
{
	__guest_flush_tlb(kvm_get_running_vcpu());
}

static inline void ept_sync_context(u64 eptp)
{
	__guest_flush_tlb(kvm_get_running_vcpu());
}

#endif
