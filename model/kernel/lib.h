/* SPDX-License-Identifier: GPL-2.0-only */
/* Small facilities of the kernel beside those of the prelude: hashes, trees, bits, per-CPU words, tracing. */
#ifndef __KERNEL_LIB_H
#define __KERNEL_LIB_H

#include "types.h"

/* ---- definitions of objects ---- */
#define DEFINE_MUTEX(name) struct mutex name
#define DEFINE_SPINLOCK(name) spinlock_t name
#define DEFINE_RAW_SPINLOCK(name) spinlock_t name
#define DEFINE_RWLOCK(name) rwlock_t name
#define DECLARE_RWSEM(name) struct rw_semaphore name
#define DEFINE_STATIC_CALL_RET0(name, func)
#define HLIST_HEAD(name) struct hlist_head name = { NULL }
#define NR_CPUS 16
#define nr_cpu_ids NR_CPUS
#define DECLARE_PER_CPU(type, name) extern typeof(type) name[NR_CPUS]
#define DEFINE_PER_CPU(type, name) typeof(type) name[NR_CPUS]
#define DEFINE_PER_CPU_READ_MOSTLY(type, name) typeof(type) name[NR_CPUS]
#define per_cpu(name, cpu) ((name)[cpu])
#define per_cpu_ptr(p, cpu) (&(*(p))[cpu])
#define this_cpu_ptr(p) (&(*(p))[__acting_cpu()])
#define this_cpu_read(name) ((name)[__acting_cpu()])
#define __this_cpu_read(name) ((name)[__acting_cpu()])
#define raw_cpu_read(name) ((name)[__acting_cpu()])
#define this_cpu_write(name, v) ((name)[__acting_cpu()] = (v))
#define __this_cpu_write(name, v) ((name)[__acting_cpu()] = (v))
#define this_cpu_cpumask_var_ptr(name) ((name)[__acting_cpu()])
#define DEFINE_SIMPLE_ATTRIBUTE(name, get, set, fmt) static const struct file_operations name

/* ---- static calls: pointers that set-up fills in ---- */
#undef DECLARE_STATIC_CALL
#define DECLARE_STATIC_CALL(name, func) extern typeof(&(func)) name
#define static_call(name) (*name)
#define static_call_cond(name) (*name)

/* ---- tracing: tracepoints are functions that do nothing ---- */
#define TP_PROTO(args...) args
#define TP_ARGS(args...) args
#define TP_CONDITION(args...) args
#define TRACE_EVENT(name, proto, args...) static inline void trace_##name(proto) { }
#define TRACE_EVENT_CONDITION(name, proto, args...) static inline void trace_##name(proto) { }
#define DECLARE_EVENT_CLASS(args...)
#define DEFINE_EVENT(class, name, proto, args...) static inline void trace_##name(proto) { }
#define TRACE_DEFINE_ENUM(x)
#define EXPORT_TRACEPOINT_SYMBOL_GPL(x)

/* ---- hash lists ---- */
#define INIT_HLIST_NODE(n) ((n)->next = NULL, (n)->pprev = NULL)
#define INIT_HLIST_HEAD(h) ((h)->first = NULL)
#define hlist_unhashed(n) (!(n)->pprev)
#define hlist_empty(h) (!(h)->first)
static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	if (n->next)
		n->next->pprev = &n->next;
	WRITE_ONCE(h->first, n);
	n->pprev = &h->first;
}
static inline void hlist_del_init(struct hlist_node *n)
{
	if (!n->pprev)
		return;
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
	n->next = NULL;
	n->pprev = NULL;
}
#define hlist_del(n) hlist_del_init(n)
#define hlist_del_rcu(n) hlist_del_init(n)
#define hlist_add_head_rcu(n, h) hlist_add_head(n, h)
#define hlist_entry(p, T, m) container_of(p, T, m)
#define hlist_entry_safe(p, T, m) ({ typeof(p) __p = (p); __p ? hlist_entry(__p, T, m) : (T *)NULL; })
#define hlist_for_each_entry(pos, head, member) \
	for (pos = hlist_entry_safe((head)->first, typeof(*(pos)), member); pos; \
	     pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))
#define hlist_for_each_entry_rcu(pos, head, member, ...) hlist_for_each_entry(pos, head, member)
#define hlist_for_each_entry_safe(pos, n, head, member) \
	for (pos = hlist_entry_safe((head)->first, typeof(*pos), member); \
	     pos && ({ n = pos->member.next; 1; }); pos = hlist_entry_safe(n, typeof(*pos), member))
/* every key falls into the first bucket: there are few slots */
#define hash_min(val, bits) 0
#define hash_long(val, bits) 0
#define hash_64(val, bits) 0
#define hash_32(val, bits) 0
#define hash_ptr(p, bits) 0

/* ---- lists, beside the prelude's ---- */
#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define list_for_each_entry_reverse(pos, head, member) \
	for (pos = list_entry((head)->prev, typeof(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.prev, typeof(*pos), member))
#define list_for_each_entry_safe_reverse(pos, n, head, member) \
	for (pos = list_entry((head)->prev, typeof(*pos), member), \
	     n = list_entry(pos->member.prev, typeof(*pos), member); &pos->member != (head); \
	     pos = n, n = list_entry(n->member.prev, typeof(*n), member))
#define list_for_each_entry_srcu(pos, head, member, cond) list_for_each_entry_rcu(pos, head, member)
#define list_empty_careful(head) list_empty(head)
#define list_first_entry_or_null(p, T, m) (list_empty(p) ? (T *)NULL : list_first_entry(p, T, m))
#define list_last_entry(p, T, m) list_entry((p)->prev, T, m)
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	head->next = list->next;
	INIT_LIST_HEAD(list);
}
static inline void list_move(struct list_head *entry, struct list_head *head) { list_del(entry); list_add(entry, head); }
static inline void list_move_tail(struct list_head *entry, struct list_head *head) { list_del(entry); list_add_tail(entry, head); }
static inline int list_is_head(const struct list_head *list, const struct list_head *head) { return list == head; }
static inline int list_is_last(const struct list_head *list, const struct list_head *head) { return list->next == head; }

/* ---- search trees, not balanced: they hold a few memslots ---- */
#define RB_ROOT ((struct rb_root) { NULL })
#define RB_ROOT_CACHED ((struct rb_root_cached) { { NULL }, NULL })
#define rb_entry(p, T, m) container_of(p, T, m)
#define rb_entry_safe(p, T, m) ({ typeof(p) __p = (p); __p ? rb_entry(__p, T, m) : (T *)NULL; })
#define RB_EMPTY_ROOT(root) (!READ_ONCE((root)->rb_node))
#define RB_EMPTY_NODE(node) ((node)->__parent == (node))
#define RB_CLEAR_NODE(node) ((node)->__parent = (node))
#define RB_EMPTY_ROOT_CACHED(root) RB_EMPTY_ROOT(&(root)->rb_root)
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->__parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}
#define rb_insert_color(node, root) do { } while (0)
void rb_erase(struct rb_node *node, struct rb_root *root);
void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root);
void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root);
struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root, unsigned long start, unsigned long last);
struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node, unsigned long start, unsigned long last);

/* ---- xarray cursors, over the machine's xarrays ---- */
struct xa_state { struct xarray *xa; unsigned long xa_index; bool started; };
#define XA_STATE(name, array, index) struct xa_state name = { .xa = (array), .xa_index = (index), .started = false }
static inline void *xas_next(struct xa_state *xas)
{
	if (xas->started)
		xas->xa_index++;
	xas->started = true;
	return xa_load(xas->xa, xas->xa_index);
}
static inline void *xas_next_entry(struct xa_state *xas, unsigned long max)
{
	unsigned long index = xas->xa_index;
	void *entry = xas->started ? xa_find_after(xas->xa, &index, max, XA_PRESENT) : xa_find(xas->xa, &index, max, XA_PRESENT);

	xas->started = true;
	xas->xa_index = index;
	return entry;
}
#define xas_find(xas, max) xas_next_entry(xas, max)
#define xas_retry(xas, entry) 0
#define XA_FLAGS_ACCOUNT 0
#define xa_init_flags(xa, flags) xa_init(xa)
#define xa_insert(xa, index, entry, gfp) (xa_load(xa, index) ? -EBUSY : xa_err(xa_store(xa, index, entry, gfp)))
#define xa_release(xa, index) do { } while (0)
#define xa_is_value(p) ((unsigned long)(p) & 1)

/* ---- atomics, beside the prelude's ---- */
#define ATOMIC_INIT(n) { (n) }
#define atomic_long_read(v) READ_ONCE((v)->counter)
#define atomic_long_set(v, n) WRITE_ONCE((v)->counter, n)
#define atomic64_set(v, n) WRITE_ONCE((v)->counter, n)
#define atomic_long_inc(v) ((void)__fetch_add(&(v)->counter, 1LL))
#define atomic_long_dec(v) ((void)__fetch_add(&(v)->counter, -1LL))
#define atomic64_add(n, v) ((void)__fetch_add(&(v)->counter, (s64)(n)))
#define atomic_add(n, v) ((void)__fetch_add(&(v)->counter, (int)(n)))
#define atomic_cmpxchg(v, o, n) __cmpxchg(&(v)->counter, o, n)
#define atomic_cmpxchg_release(v, o, n) __cmpxchg(&(v)->counter, o, n)
#define atomic_set_release(v, n) atomic_set(v, n)
#define atomic_read_acquire(v) atomic_read(v)
#define atomic_fetch_inc(v) __fetch_add(&(v)->counter, 1)
#define atomic_dec_and_test(v) (__fetch_add(&(v)->counter, -1) == 1)
#define atomic_inc_not_zero(v) refcount_inc_not_zero((refcount_t *)(v))
#define atomic64_add_return(n, v) (__fetch_add(&(v)->counter, (s64)(n)) + (n))
#define refcount_dec_not_one(r) ({ WARN_ON(1); 0; })
#define cmpxchg64_local(p, o, n) __cmpxchg(p, o, n)
#define cmpxchg_relaxed(p, o, n) __cmpxchg(p, o, n)
#define try_cmpxchg_relaxed(p, po, n) try_cmpxchg(p, po, n)
#define try_cmpxchg64_relaxed(p, po, n) try_cmpxchg64(p, po, n)
#define xchg_relaxed(p, v) __xchg(p, v)

/* ---- bits ---- */
static inline void __set_bit(unsigned long nr, void *addr) { set_bit(nr, addr); }
static inline void __clear_bit(unsigned long nr, void *addr) { clear_bit(nr, addr); }
#define test_and_set_bit(nr, addr) (!!(__fetch_or(__bit_word(nr, addr), __bit_mask(nr)) & __bit_mask(nr)))
#define test_and_clear_bit(nr, addr) (!!(__fetch_and(__bit_word(nr, addr), ~__bit_mask(nr)) & __bit_mask(nr)))
#define round_up(x, y) ((((x) - 1) | ((typeof(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((typeof(x))(y) - 1))
#define roundup(x, y) ((((x) + ((y) - 1)) / (y)) * (y))
#define ALIGN(x, a) (((x) + ((typeof(x))(a) - 1)) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a) (!((x) & ((typeof(x))(a) - 1)))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define is_power_of_2(n) ((n) != 0 && !((n) & ((n) - 1)))
#define swap(a, b) do { typeof(a) __t = (a); (a) = (b); (b) = __t; } while (0)
#define array_index_nospec(index, size) (index)
#define lower_32_bits(n) ((u32)(n))
#define upper_32_bits(n) ((u32)((n) >> 32))
static inline int fls64(u64 x) { int n = 0; while (x) { n++; x >>= 1; } return n; }
static inline unsigned long __ffs(u64 x) { int n = 0; while (!(x & 1)) { n++; x >>= 1; } return n; }
static inline int hweight32(u32 x) { int n = 0; while (x) { n += x & 1; x >>= 1; } return n; }
static inline int ilog2(u64 x) { return fls64(x) - 1; }
#define fls(x) fls64((u32)(x))
#define order_base_2(n) ((n) > 1 ? fls64((n) - 1) : 0)
static inline u64 rsvd_bits(int s, int e);
#define cmp_int(l, r) (((l) > (r)) - ((l) < (r)))
#define mul_u64_u64_div_u64(a, b, c) ((a) * (b) / (c))
#define size_mul(a, b) ((a) * (b))
#define check_add_overflow(a, b, d) ({ *(d) = (a) + (b); *(d) < (a); })

/* ---- locks and RCU, beside the prelude's ---- */
#define raw_spin_lock_init(l) spin_lock_init(l)
#define raw_spin_lock(l) spin_lock(l)
#define raw_spin_unlock(l) spin_unlock(l)
#define spin_lock_irq(l) spin_lock(l)
#define spin_unlock_irq(l) spin_unlock(l)
#define spin_lock_irqsave(l, f) spin_lock(l)
#define spin_unlock_irqrestore(l, f) spin_unlock(l)
#define raw_spin_lock_irqsave(l, f) spin_lock(l)
#define raw_spin_unlock_irqrestore(l, f) spin_unlock(l)
#define raw_spin_lock_nested(l, n) spin_lock(l)
#define mutex_lock_killable(l) ({ mutex_lock(l); 0; })
#define mutex_lock_killable_nested(l, n) ({ mutex_lock(l); 0; })
#define mutex_trylock_nest_lock(l, n) mutex_trylock(l)
#define mutex_lock_interruptible(l) ({ mutex_lock(l); 0; })
#define mutex_is_locked(l) lockdep_is_held(l)
#define mutex_destroy(l) do { } while (0)
#define spin_is_locked(l) lockdep_is_held(l)
#define local_irq_save(f) ((void)(f), local_irq_disable())
#define local_irq_restore(f) local_irq_enable()
#define might_sleep() do { } while (0)
#define lockdep_hardirqs_off(...) do { } while (0)
#define lockdep_assert_preemption_disabled() do { } while (0)
#define lockdep_assert_irqs_disabled() do { } while (0)
#define lockdep_assert_held_once(l) lockdep_assert_held(l)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_dereference_raw_check(p) READ_ONCE(p)
#define srcu_dereference(p, s) READ_ONCE(p)
#define srcu_dereference_check(p, s, c) READ_ONCE(p)
#define rcu_replace_pointer(p, v, c) ({ typeof(p) __o = (p); rcu_assign_pointer(p, v); __o; })
#define RCU_INIT_POINTER(p, v) ((p) = (v))
#define srcu_barrier(s) do { } while (0)
#define rcuwait_active(w) ((w)->__task != 0)
#define rcuwait_wait_event(w, cond, state) ({ prepare_to_rcuwait(w); for (;;) { set_current_state(state); if (cond) break; schedule(); } finish_rcuwait(w); 0; })
#define cpumask_test_cpu(cpu, m) (!!((m)->bits & (1ULL << (cpu))))
#define cpumask_clear_cpu(cpu, m) ((m)->bits &= ~(1ULL << (cpu)))
#define cpumask_setall(m) ((m)->bits = ~0ULL)
#define cpumask_and(d, a, b) ((d)->bits = (a)->bits & (b)->bits)
#define cpu_online_mask (&__cpu_online)
#define cpu_possible_mask (&__cpu_online)
#define cpu_none_mask (&__cpu_none)
extern struct cpumask __cpu_online, __cpu_none;
#define cpu_online(cpu) 1
#define zalloc_cpumask_var(m, gfp) 1
#define zalloc_cpumask_var_node(m, gfp, node) 1
#define alloc_cpumask_var_node(m, gfp, node) 1
#define alloc_cpumask_var(m, gfp) 1
#define free_cpumask_var(m) do { } while (0)
#define for_each_possible_cpu(cpu) for (cpu = 0; cpu < NR_CPUS; cpu++)
#define for_each_online_cpu(cpu) for (cpu = 0; cpu < NR_CPUS; cpu++)
#define cpu_to_node(cpu) 0
#define cpus_read_lock() do { } while (0)
#define cpus_read_unlock() do { } while (0)
#define on_each_cpu(f, info, wait) f(info)
#define smp_call_function_many_unused 0
#define smp_ops_unused 0
/* the CPU that the running code takes itself to be on: another one inside a function sent there */
int __acting_cpu(void);
int __call_on_cpu(int cpu, void (*func)(void *), void *info, int wait);
#define raw_smp_processor_id() __acting_cpu()
#define smp_call_function_single(cpu, f, info, wait) __call_on_cpu(cpu, f, info, wait)
#define kick_all_cpus_sync() do { } while (0)
#define cond_resched_lock(l) ({ spin_unlock(l); spin_lock(l); 1; })
#define preemptible() 1
#define in_task() 1
#define ktime_get() 0LL
#define jiffies 0UL
#define msecs_to_jiffies(x) (x)
#define HZ 1000
#define time_after(a, b) 0
#define no_free_ptr(p) (p)
#define __free(x)
#define DEFINE_FREE(name, T, f)
#define strscpy(a, b, ...) do { } while (0)
#define snprintf(...) 0
#define scnprintf(...) 0
#define strcmp(a, b) 1
#define strncmp(a, b, n) 1
#define kobject_uevent_env(...) do { } while (0)
#define FAULT_FLAG_WRITE 1
#define MEMREMAP_WB 1
#define SIGKILL 9
#define SIGSTOP 19
#define BUS_MCEERR_AR 4
#define SIG_SETMASK 2
#define FMODE_PREAD 8
#define NR_SECONDARY_PAGETABLE 0
#define add_taint(...) do { } while (0)
int memcmp(const void *, const void *, size_t);
#define for_each_set_bit(bit, addr, size) for ((bit) = 0; (bit) < (size); (bit)++) if (!test_bit(bit, addr)) { } else
#define SHRT_MAX 32767
#define INT_MAX 2147483647
#define UINT_MAX 4294967295U
#define ULONG_MAX (~0UL)
#define U64_MAX (~0ULL)
#define U32_MAX 4294967295U
#define PATH_MAX 4096
#define O_RDONLY 0
#define ENOIOCTLCMD 515
#define ENOTSUPP 524
#define CALLER_ADDR0 0
#define __GFP_DMA32 0
#define cpu_feature_enabled(x) __cpu_has(x)
#define boot_cpu_has(x) __cpu_has(x)
#define cpu_has(c, x) __cpu_has(x)
#define static_cpu_has(x) __cpu_has(x)
#define static_branch_unlikely(x) 0
#define static_branch_likely(x) 0

#endif
