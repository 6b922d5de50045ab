/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of VMX that KVM's MMU reaches: INVEPT drops what the CPU has cached for the vCPU that it runs. */
#ifndef __KVM_X86_VMX_INSN_H
#define __KVM_X86_VMX_INSN_H

#include <linux/kvm_host.h>

static inline void ept_sync_global(void)
{
	__guest_flush_tlb(kvm_get_running_vcpu());
}

static inline void ept_sync_context(u64 eptp)
{
	__guest_flush_tlb(kvm_get_running_vcpu());
}

#endif
