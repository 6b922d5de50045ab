/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86 headers outside KVM give to KVM: page-table levels, CPU features, sizes. */
#ifndef __KERNEL_X86_H
#define __KERNEL_X86_H

#include "types.h"

enum pg_level {
	PG_LEVEL_NONE,
	PG_LEVEL_4K,
	PG_LEVEL_2M,
	PG_LEVEL_1G,
	PG_LEVEL_512G,
	PG_LEVEL_256T,
	PG_LEVEL_NUM
};

#define NCAPINTS 24
#define NBUGINTS 2
#define X86_PMC_IDX_MAX 64
#define PT_CPUID_REGS_NUM 4
#define X2APIC_ENABLE (1UL << 10)
#define MSR_UNUSED 0
/* words of CPU features that KVM's own tables of them name */
enum cpuid_leafs {
	CPUID_1_EDX, CPUID_8000_0001_EDX, CPUID_8086_0001_EDX, CPUID_LNX_1, CPUID_1_ECX, CPUID_C000_0001_EDX,
	CPUID_8000_0001_ECX, CPUID_LNX_2, CPUID_LNX_3, CPUID_7_0_EBX, CPUID_D_1_EAX, CPUID_LNX_4, CPUID_7_1_EAX,
	CPUID_8000_0008_EBX, CPUID_6_EAX, CPUID_8000_000A_EDX, CPUID_7_ECX, CPUID_8000_0007_EBX, CPUID_7_EDX,
	CPUID_8000_001F_EAX, CPUID_8000_0021_EAX, CPUID_LNX_5, NR_CPUID_WORDS
};
enum cpuid_regs_idx { CPUID_EAX = 0, CPUID_EBX, CPUID_ECX, CPUID_EDX };
#define PT_WRITABLE_UNUSED 0
#include <asm/cpufeatures.h>
#define __cpu_has(x) ((x) == X86_FEATURE_OSXSAVE || (x) == X86_FEATURE_TDX_HOST_PLATFORM || \
	(x) == X86_FEATURE_SEV || (x) == X86_FEATURE_SEV_ES || (x) == X86_FEATURE_SEV_SNP || (x) == X86_FEATURE_LBRV || \
	(x) == X86_FEATURE_DECODEASSISTS || (x) == X86_FEATURE_FLUSHBYASID)
#define POSTED_INTR_VECTOR 0xf2
#define POSTED_INTR_NESTED_VECTOR 0xf4
#define XFEATURE_MASK_XTILE (3ULL << 17)
#define XCR_XFEATURE_ENABLED_MASK 0
#define E820_TYPE_RAM 1
#define MISC_CG_RES_TDX 0
#define MISC_CG_RES_SEV 1
#define MISC_CG_RES_SEV_ES 2
#define MCG_LMCE_P (1ULL << 27)
#define boot_cpu_has_bug(x) 0
#define PMD_SIZE (PAGE_SIZE << SPTE_LEVEL_BITS)
extern bool itlb_multihit_kvm_mitigation;
#define PT_CPUID_LEAVES 2
#define KVM_MINOR 232

#ifndef TREE_HAS_TDX
/* Only TDs have something to do before a VM is taken down. */
static inline void no_vm_pre_destroy(struct kvm *kvm)
{
}
#define kvm_x86_vm_pre_destroy no_vm_pre_destroy
#endif

#endif
