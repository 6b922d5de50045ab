/* SPDX-License-Identifier: GPL-2.0-only */
/* What sev.c and the hardware's edge use of the rest of the kernel: the RMP (edge/rmp.h) and small facilities. */
#ifndef __REFERENCE_SEV_H
#define __REFERENCE_SEV_H

#include "kvm_host.h"

#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define ENOTTY 25
#include "rmp.h"

#define DEFINE_MUTEX(name) struct mutex name
#define DECLARE_RWSEM(name) struct rw_semaphore name
#define kcalloc(n, size, flags) kzalloc((n) * (size), flags)
#define __set_bit(nr, addr) set_bit(nr, (u64 *)(addr))
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a) (!((x) & ((typeof(x))(a) - 1)))
#define PMD_SIZE (PAGE_SIZE * PTRS_PER_PMD)
#define lower_32_bits(n) ((u32)(n))
#define upper_32_bits(n) ((u32)((n) >> 32))
#define pfn_to_hpa(pfn) PFN_PHYS(pfn)
#define page_level_size(level) KVM_HPAGE_SIZE(level)
#define kmap_local_page(page) page_address(page)
#define kmap_local_pfn(pfn) page_address(pfn_to_page(pfn))
#define kunmap_local(addr) do { } while (0)
#define set_page_dirty_lock(page) do { } while (0)
#define page_address_valid(vcpu, gpa) (PAGE_ALIGNED(gpa) && gpa_to_gfn(gpa) <= kvm_mmu_max_gfn())

/* CPUs by number: see smp_processor_id() */
#define DEFINE_PER_CPU(type, name) typeof(type) name[NR_CPUS]
#define DECLARE_PER_CPU(type, name) extern typeof(type) name[NR_CPUS]
#define per_cpu_ptr(p, cpu) (&(*(p))[cpu])
#define for_each_possible_cpu(cpu) for (cpu = 0; cpu < NR_CPUS; cpu++)
typedef struct cpumask cpumask_var_t[1];
#define cpumask_test_cpu(cpu, m) (!!((m)->bits & (1ULL << (cpu))))

#define pr_debug(...) do { } while (0)
#define pr_warn_ratelimited(...) do { } while (0)
#define vcpu_unimpl(vcpu, ...) do { } while (0)

/* the model's tables have one geometry */
#define kvm_configure_mmu(...) do { } while (0)

#endif
