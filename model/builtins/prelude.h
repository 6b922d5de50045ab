/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernel C may call without a body of its own: types, compiler words, and the primitives that
 * the machine answers (model/builtins). Every declaration here without a body is a builtin of that
 * name, or is listed in no-effect.ts. The reference KVM and the scenario drivers include nothing
 * else; trees use their own headers for whatever can be digested and this for the rest.
 */
#ifndef _PRELUDE_H
#define _PRELUDE_H

typedef signed char s8;      typedef unsigned char u8;
typedef short s16;           typedef unsigned short u16;
typedef int s32;             typedef unsigned int u32;
typedef long long s64;       typedef unsigned long long u64;
typedef _Bool bool;
typedef unsigned long size_t; typedef long ssize_t; typedef long loff_t; typedef unsigned long pgoff_t;
typedef unsigned int gfp_t;
typedef u64 gfn_t; typedef u64 gpa_t; typedef u64 hpa_t; typedef u64 kvm_pfn_t; typedef unsigned long hva_t;
#define true 1
#define false 0
#define NULL ((void *)0)
#define __rcu
#define __user
#define __must_check
#define __always_inline inline
#define likely(x) (!!(x))
#define unlikely(x) (!!(x))

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define BIT_ULL(n) (1ULL << (n))
#define BIT(n) (1UL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, T, m) ((T *)((char *)(p) - __builtin_offsetof(T, m)))
#define offsetof(T, m) __builtin_offsetof(T, m)
#define min(a, b) ({ typeof(a) __a = (a); typeof(b) __b = (b); __a < __b ? __a : __b; })
#define max(a, b) ({ typeof(a) __a = (a); typeof(b) __b = (b); __a > __b ? __a : __b; })

#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define EAGAIN 11
#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define EOPNOTSUPP 95
#define EHWPOISON 133
#define MAX_ERRNO 4095
#define ERR_PTR(e) ((void *)(long)(e))
#define PTR_ERR(p) ((long)(p))
#define IS_ERR(p) ((unsigned long)(void *)(p) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR_OR_NULL(p) (!(p) || IS_ERR(p))

/* ---- marked accesses: the C engine lowers these to single `once` / atomic steps ---- */
#define READ_ONCE(x) __read_once(x)
#define WRITE_ONCE(x, v) __write_once(x, v)
/* CONFIG_PROVE_RCU: outside of a read-side section it is a `lock-rule` */
void __rcu_dereferenced(void);
#define rcu_dereference(p) ({ __rcu_dereferenced(); READ_ONCE(p); })
#define rcu_dereference_check(p, c) READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
/* WRITE_ONCE, and no store before it reaches memory after it */
#define rcu_assign_pointer(p, v) __store_release(p, v)
#define smp_store_release(p, v) __store_release(*(p), v)
#define smp_load_acquire(p) READ_ONCE(*(p))
/* __xchg(ptr, new), __cmpxchg(ptr, old, new), __fetch_add/and/or(ptr, n): return the OLD value, typed by *ptr */
#define xchg(p, v) __xchg(p, v)
#define cmpxchg(p, o, n) __cmpxchg(p, o, n)
#define cmpxchg64(p, o, n) __cmpxchg(p, o, n)
#define try_cmpxchg64(p, po, n) ({ typeof(*(po)) __old = *(po); typeof(*(po)) __was = __cmpxchg(p, __old, n); \
	if (__was != __old) *(po) = __was; __was == __old; })
#define try_cmpxchg(p, po, n) try_cmpxchg64(p, po, n)
void smp_rmb(void); void smp_wmb(void); void smp_mb(void); void barrier(void); void cpu_relax(void);
#define smp_mb__after_atomic() smp_mb()
#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_srcu_read_unlock() smp_mb()
#define smp_mb__after_spinlock() smp_mb()

/* ---- oracles ---- */
/* each reports (`kernel-warning`, `kernel-bug`) with the place of the caller; BUG ends the path */
void __warn(void);
void __bug(void);
#define WARN_ON(c) ({ int __w = !!(c); if (__w) __warn(); __w; })
#define WARN_ON_ONCE(c) WARN_ON(c)
#define WARN_ONCE(c, ...) WARN_ON(c)
#define WARN(c, ...) WARN_ON(c)
#define BUG_ON(c) do { if (c) __bug(); } while (0)
#define BUG() __bug()
#define BUILD_BUG_ON(c) do { } while (0)
/* KVM_BUG_ON is C: a WARN and kvm_vm_bugged(), whose call reports `kernel-bug` in place of the WARN; the path goes on */

/* ---- locks: state lives in the lock word, owners in the machine ---- */
struct mutex { u64 __state; };
typedef struct { u64 __state; } spinlock_t;
typedef struct { u64 __state; } rwlock_t;
struct rw_semaphore { u64 __state; };
struct srcu_struct { u64 __state; };
void mutex_lock(struct mutex *); void mutex_unlock(struct mutex *); int mutex_trylock(struct mutex *);
void spin_lock(spinlock_t *); void spin_unlock(spinlock_t *);
/* zero is unlocked */
void mutex_init(struct mutex *); void spin_lock_init(spinlock_t *); void rwlock_init(rwlock_t *);
void init_rwsem(struct rw_semaphore *); int init_srcu_struct(struct srcu_struct *); void cleanup_srcu_struct(struct srcu_struct *);
void read_lock(rwlock_t *); void read_unlock(rwlock_t *);
void write_lock(rwlock_t *); void write_unlock(rwlock_t *);
void down_read(struct rw_semaphore *); void up_read(struct rw_semaphore *);
void down_write(struct rw_semaphore *); void up_write(struct rw_semaphore *);
/* contention is an injected choice of rwlock_needbreak(): 1 = another CPU wants the lock; need_resched() is 0 */
int rwlock_needbreak(rwlock_t *); int need_resched(void); void cond_resched(void);
void non_block_start(void); void non_block_end(void); /* nothing in between may sleep */
void __rwlock_yield_read(rwlock_t *); void __rwlock_yield_write(rwlock_t *); /* asserts, and a `yield` event */
static inline int cond_resched_rwlock_read(rwlock_t *l)
{
	__rwlock_yield_read(l);
	read_unlock(l);
	read_lock(l);
	return 1;
}
static inline int cond_resched_rwlock_write(rwlock_t *l)
{
	__rwlock_yield_write(l);
	write_unlock(l);
	write_lock(l);
	return 1;
}
/* a failed assertion is `lock-rule` */
void lockdep_assert_held(void *); void lockdep_assert_held_read(void *); void lockdep_assert_held_write(void *);
void lockdep_assert_not_held(void *);
int lockdep_is_held(void *);
/* reports `lock-rule` */
void __lock_rule(void);
#define lockdep_assert(c) do { if (!(c)) __lock_rule(); } while (0)
#define lockdep_assert_once(c) lockdep_assert(c)
int srcu_read_lock(struct srcu_struct *); void srcu_read_unlock(struct srcu_struct *, int);
int srcu_read_lock_held(struct srcu_struct *);
/* a wait is over once every reader that was inside at its beginning has left */
void __srcu_wait_begin(struct srcu_struct *); void __srcu_wait_end(struct srcu_struct *);
void __rcu_wait_begin(void); void __rcu_wait_end(void);
static inline void synchronize_srcu(struct srcu_struct *s) { __srcu_wait_begin(s); __srcu_wait_end(s); }
static inline void synchronize_srcu_expedited(struct srcu_struct *s) { synchronize_srcu(s); }
void rcu_read_lock(void); void rcu_read_unlock(void); int rcu_read_lock_held(void);
static inline void synchronize_rcu(void) { __rcu_wait_begin(); __rcu_wait_end(); }
struct rcu_head { void *next; void (*func)(struct rcu_head *); };
/* callbacks run in the machine's own `rcu` thread once every reader that could see the object has left */
void call_rcu(struct rcu_head *, void (*)(struct rcu_head *));
/* blocks until every callback queued so far has been taken up */
void rcu_barrier(void);

/* ---- memory: objects have a life; use after free and double free are `memory-safety` ---- */
void *kzalloc(size_t, gfp_t); void *kmalloc(size_t, gfp_t); void kfree(const void *);
#define kvzalloc kzalloc
#define kvfree kfree
#define GFP_KERNEL 0
#define GFP_KERNEL_ACCOUNT 0
#define GFP_ATOMIC 1
#define __GFP_ZERO 0
struct page { u64 __private; u64 __refcount; u64 __flags; u64 __pad[5]; };
/* pages come lowest pfn first, so that a freed page is reused at once */
struct page *alloc_page(gfp_t); void __free_page(struct page *);
unsigned long get_zeroed_page(gfp_t); unsigned long __get_free_page(gfp_t); void free_page(unsigned long);
struct page *pfn_to_page(kvm_pfn_t); kvm_pfn_t page_to_pfn(const struct page *);
struct page *virt_to_page(const void *); void *page_address(const struct page *);
void *__va(hpa_t); hpa_t __pa(const void *);
void set_page_private(struct page *, unsigned long); unsigned long page_private(const struct page *);
void get_page(struct page *); void put_page(struct page *); int page_count(const struct page *);
void *memset(void *, int, size_t); void *memcpy(void *, const void *, size_t);

/* ---- xarrays: slots in a small fixed table; `mem_attr_array` is one of them, named by the driver ---- */
struct xarray { u64 __id; };
void xa_init(struct xarray *);
void *xa_load(struct xarray *, unsigned long); void *xa_store(struct xarray *, unsigned long, void *, gfp_t);
void *xa_erase(struct xarray *, unsigned long);
/* the entry at the first present index >= *index (after it: > *index), which *index then is, or NULL */
void *xa_find(struct xarray *, unsigned long *index, unsigned long max, unsigned int filter);
void *xa_find_after(struct xarray *, unsigned long *index, unsigned long max, unsigned int filter);
#define XA_PRESENT 8
#define xa_for_each_range(xa, index, entry, start, last) \
	for (index = (start), entry = xa_find(xa, &index, last, XA_PRESENT); entry; \
	     entry = xa_find_after(xa, &index, last, XA_PRESENT))
#define xa_for_each(xa, index, entry) xa_for_each_range(xa, index, entry, 0, ~0UL)
bool xa_empty(const struct xarray *); void xa_destroy(struct xarray *); int xa_reserve(struct xarray *, unsigned long, gfp_t);
/* one entry with many indexes: an iteration meets it once */
void *xa_store_range(struct xarray *, unsigned long first, unsigned long last, void *, gfp_t);
#define xa_mk_value(v) ((void *)(((unsigned long)(v) << 1) | 1))
#define xa_to_value(p) ((unsigned long)(p) >> 1)
#define xa_is_err(p) IS_ERR(p)
static inline int xa_err(void *p) { return IS_ERR(p) ? (int)PTR_ERR(p) : 0; }

/* ---- printing and tracing: no effect ---- */
void printk(const char *, ...); void pr_err(const char *, ...); void pr_err_ratelimited(const char *, ...);
void pr_warn(const char *, ...);

/* ---- CPUs, interrupts, sleeping ---- */
/* every thread has a CPU of its own, numbered like the thread */
int smp_processor_id(void); int get_cpu(void); void put_cpu(void);
void preempt_disable(void); void preempt_enable(void); void migrate_disable(void); void migrate_enable(void);
void local_irq_disable(void); void local_irq_enable(void);
struct cpumask { u64 bits; };
/* sent: pending on every CPU of the mask that is in the guest or has interrupts off; others have taken it */
void __ipi_send(u64 cpus);
/* blocks until no CPU of the mask has one pending */
void __ipi_wait(u64 cpus);
static inline void cpumask_clear(struct cpumask *m) { m->bits = 0; }
static inline bool cpumask_empty(const struct cpumask *m) { return !m->bits; }
static inline void __cpumask_set_cpu(int cpu, struct cpumask *m) { m->bits |= 1ULL << cpu; }
#define cpumask_set_cpu __cpumask_set_cpu
static inline void smp_call_function_many(const struct cpumask *m, void (*func)(void *), void *info, bool wait)
{
	u64 cpus = m->bits;

	__ipi_send(cpus);
	if (wait)
		__ipi_wait(cpus);
}
static inline void smp_send_reschedule(int cpu) { __ipi_send(1ULL << cpu); }
/* the other CPU runs the function in its interrupt; here the caller does, once that CPU would have */
static inline int smp_call_function_single(int cpu, void (*func)(void *), void *info, int wait)
{
	__ipi_send(1ULL << cpu);
	if (wait)
		__ipi_wait(1ULL << cpu);
	func(info);
	return 0;
}
/* the kernel's sleep protocol: state, then condition, then schedule(), which returns once woken */
struct rcuwait { u64 __task; };
#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
void set_current_state(int state); void schedule(void);
void rcuwait_init(struct rcuwait *); void prepare_to_rcuwait(struct rcuwait *); void finish_rcuwait(struct rcuwait *);
int rcuwait_wake_up(struct rcuwait *);

#endif
