/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of the kernel that KVM leans on: CPUs' functions, slabs, the VMM's page table with its notifier.
 * Only what KVM can tell apart is modelled.
 */
#include "kernel.h"

/* ---- CPUs ---- */
struct task_struct __current_task = { .mm = &init_mm };
struct cpumask __cpu_online = { ~0ULL }, __cpu_none;
/* per CPU: where a function that was sent to another CPU believes to run, plus 1; 0 is none */
static int acting_cpus[NR_CPUS];

int __acting_cpu(void)
{
	int cpu = smp_processor_id();

	return acting_cpus[cpu] ? acting_cpus[cpu] - 1 : cpu;
}

/* The other CPU runs the function in its interrupt; here the caller does, once that CPU would have. */
int __call_on_cpu(int cpu, void (*func)(void *), void *info, int wait)
{
	int here = smp_processor_id(), outer = acting_cpus[here];

	if (cpu != here) {
		__ipi_send(1ULL << cpu);
		if (wait)
			__ipi_wait(1ULL << cpu);
	}
	acting_cpus[here] = cpu + 1;
	func(info);
	acting_cpus[here] = outer;
	return 0;
}

struct kmem_cache *__kmem_cache_new(size_t size, void (*ctor)(void *))
{
	struct kmem_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

	cache->size = size;
	cache->ctor = ctor;
	return cache;
}

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	mm->mn = mn;
	return 0;
}
