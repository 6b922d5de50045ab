/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel facilities that KVM calls and that have no meaning in the model: they do nothing, or give the
 * one answer that a plain host gives. What is not here, and called, ends the path as not understood.
 */
#ifndef __KERNEL_REST_H
#define __KERNEL_REST_H

#include "mm.h"
#include "lib.h"

/* ---- accounting, debugfs, notifications ---- */
#define mod_lruvec_page_state(...) do { } while (0)
#define mod_node_page_state(...) do { } while (0)
#define debugfs_remove_recursive(d) do { } while (0)
#define debugfs_initialized() 0
#define debugfs_create_dir(...) ((struct dentry *)NULL)
#define debugfs_create_file(...) do { } while (0)
#define debugfs_lookup(...) ((struct dentry *)NULL)
#define dput(d) do { } while (0)
#define add_uevent_var(...) 0
#define misc_register(dev) 0
#define file_modified(f) 0
#define misc_deregister(dev) do { } while (0)
#define instrumentation_begin() do { } while (0)
#define instrumentation_end() do { } while (0)
#define context_tracking_guest_enter() 1
#define context_tracking_guest_exit() 1
#define vtime_account_guest_enter() do { } while (0)
#define vtime_account_guest_exit() do { } while (0)
#define rcu_virt_note_context_switch() do { } while (0)
#define rseq_virt_userspace_exit() do { } while (0)
#define rseq_handle_notify_resume(...) do { } while (0)
#define lockdep_hardirqs_on_prepare() do { } while (0)
#define trace_hardirqs_on_prepare() do { } while (0)
#define lockdep_hardirqs_on(x) do { } while (0)
#define trace_hardirqs_off_finish() do { } while (0)
#define account_guest_enter() do { } while (0)

/* ---- preemption ---- */
#define preempt_notifier_inc() do { } while (0)
#define preempt_notifier_dec() do { } while (0)
#define preempt_notifier_init(n, o) ((n)->ops = (o))
#define preempt_notifier_register(n) do { } while (0)
#define preempt_notifier_unregister(n) do { } while (0)
#define task_is_runnable(t) 1
#define single_task_running() 0
#define task_tgid_nr(t) 1
#define get_jiffies_64() 0ULL
#define schedule_timeout(t) do { } while (0)
#define __set_current_state(s) do { } while (0)
#define vhost_task_create(f, k, d, n) ((struct vhost_task *)NULL)
#define vhost_task_start(t) do { } while (0)
#define vhost_task_stop(t) do { } while (0)
#define vhost_task_wake(t) do { } while (0)
#define kthread_park(t) do { } while (0)
#define kthread_unpark(t) do { } while (0)
#define kthread_stop(t) 0
#define kthread_should_stop() 1
#define wake_up_process(t) do { } while (0)
#define call_once(once, f) 0



/* ---- memory ---- */
#define set_memory_encrypted(a, n) 0
#define set_memory_decrypted(a, n) 0
#define is_zero_pfn(pfn) 0
#define PageReserved(page) 0
#define is_zone_device_page(page) 0
#define get_page_unless_zero(page) ({ get_page(page); 1; })
#define pat_enabled() 1
#define pat_pfn_immune_to_uc_mtrr(pfn) 0
#define e820__mapped_raw_any(a, b, c) 1
#define mark_page_accessed(page) do { } while (0)
#define SetPageDirty(page) do { } while (0)
#define set_page_dirty(page) do { } while (0)
#define set_page_dirty_lock(page) do { } while (0)
#define folio_mark_dirty(f) do { } while (0)
#define vma_lookup(mm, a) ((struct vm_area_struct *)NULL)
#define find_vma(mm, a) ((struct vm_area_struct *)NULL)
#define get_user_pages_fast_only(a, n, f, p) 0
#define pin_user_pages_unlocked(a, n, p, f) get_user_pages_unlocked(a, n, p, f)
#define pin_user_pages_fast(a, n, f, p) get_user_pages_unlocked(a, n, p, f)
#define unpin_user_page(page) put_page(page)
#define memdup_user(p, n) ({ void *__c = kzalloc(n, GFP_KERNEL); memcpy(__c, p, n); __c; })
static inline void *memchr_inv(const void *p, int c, size_t n)
{
	const u8 *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		if (b[i] != (u8)c)
			return (void *)(b + i);
	return NULL;
}
#define file_count(f) refcount_read(&(f)->f_count)

/* ---- reclaim: nothing asks KVM for its pages back ---- */
#define DEFAULT_SEEKS 2
#define shrinker_alloc(flags, name) ((struct shrinker *)kzalloc(sizeof(struct shrinker), GFP_KERNEL))
#define shrinker_register(s) do { } while (0)
#define shrinker_free(s) kfree(s)
#define percpu_counter_init(c, n, gfp) 0
#define percpu_counter_destroy(c) do { } while (0)
#define percpu_counter_add(c, n) do { } while (0)
#define percpu_counter_read_positive(c) 0
#define POISON_POINTER_DELTA 0

/* ---- parameters ---- */
#define sysfs_streq(a, b) 0
#define kstrtobool(s, r) ({ *(r) = (s)[0] == '1'; 0; })
#define param_get_uint NULL
#define param_get_bool NULL
#define param_set_uint(...) 0
#define _IOC_TYPE(nr) (((nr) >> 8) & 0xff)

/* ---- bits ---- */
#define __test_and_set_bit(nr, addr) test_and_set_bit(nr, addr)
#define __test_and_clear_bit(nr, addr) test_and_clear_bit(nr, addr)
#define arch___test_and_set_bit(nr, addr) test_and_set_bit(nr, addr)
#define arch___set_bit(nr, addr) set_bit(nr, addr)
#define arch___clear_bit(nr, addr) clear_bit(nr, addr)
#define set_bit_le(nr, addr) set_bit(nr, addr)
#define __fls(x) (fls64(x) - 1)
#define atomic64_fetch_and(n, v) __fetch_and(&(v)->counter, n)
#define atomic_long_set_release(v, n) atomic_long_set(v, n)
#define smp_store_mb(x, v) do { WRITE_ONCE(x, v); smp_mb(); } while (0)
#define smp_mb__after_srcu_read_lock() smp_mb()
#define REPEAT_BYTE(x) (~0UL / 0xff * (x))
#define VM_BUG_ON(c) BUG_ON(c)
#define VM_WARN_ON_ONCE(c) WARN_ON_ONCE(c)
static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int n)
{
	while (n--)
		set_bit(start++, map);
}
static inline bool atomic_long_try_cmpxchg_acquire(atomic_long_t *v, long *old, long new)
{
	s64 was = __cmpxchg(&v->counter, *old, new);

	if (was == *old)
		return true;
	*old = was;
	return false;
}
#define atomic_long_try_cmpxchg_release(v, o, n) atomic_long_try_cmpxchg_acquire(v, o, n)

/* ---- CPUs ---- */
#define num_present_cpus() 4
#define num_online_cpus() 4
#define topology_physical_package_id(cpu) 0
#define for_each_present_cpu(cpu) for (cpu = 0; cpu < 4; cpu++)
#define cpumask_test_and_set_cpu(cpu, m) ({ bool __was = cpumask_test_cpu(cpu, m); cpumask_set_cpu(cpu, m); __was; })
#define smp_call_on_cpu(cpu, f, arg, phys) f(arg)
#define on_each_cpu_mask(m, f, arg, wait) do { f(arg); } while (0)
#define mutex_lock_killable_nest_lock(l, n) ({ mutex_lock(l); 0; })
#define cpuid_eax(x) 48U
static inline void wrpkru(u32 pkru) { }
static inline void xsetbv(u32 index, u64 value) { }
static inline void wrmsrq(u32 msr, u64 value) { }
#define wrmsrl(msr, value) wrmsrq(msr, value)
#define wrmsrq_safe(msr, value) 0
#define wrmsrl_safe(msr, value) 0
#define rdmsrq(msr, value) ((value) = 0)
#define rdmsrl(msr, value) ((value) = 0)

/* ---- cgroups ---- */
struct misc_cg;
#define get_current_misc_cg() ((struct misc_cg *)NULL)
#define put_misc_cg(cg) do { } while (0)
#define misc_cg_try_charge(t, cg, n) 0
#define misc_cg_uncharge(t, cg, n) do { } while (0)
#define misc_cg_set_capacity(t, n) 0

#endif
