/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small kernel primitives that are plain C over the prelude: lists, atomics, reference counts, bits,
 * scope guards. They know nothing of KVM; the machine sees only the marked accesses inside them.
 */
#ifndef _LIST_H
#define _LIST_H

#include "prelude.h"

/* ---- configuration tests: IS_ENABLED(CONFIG_X) is 1 when CONFIG_X is defined as 1 ---- */
#define __config_is_1 0,
#define __config_second(a, b, ...) b
#define __config_test(x) __config_pick(__config_is_##x)
#define __config_pick(x) __config_second(x 1, 0, 0)
#define __config_expand(x) __config_test(x)
#define IS_ENABLED(x) __config_expand(x)

#define fallthrough __attribute__((__fallthrough__))

/* ---- doubly linked lists ---- */
struct list_head { struct list_head *next, *prev; };

#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add_between(struct list_head *new, struct list_head *prev, struct list_head *next)
{
	new->next = next;
	new->prev = prev;
	next->prev = new;
	/* as list_add_rcu() does it */
	rcu_assign_pointer(prev->next, new);
}

static inline void list_add(struct list_head *new, struct list_head *head)
{
	list_add_between(new, head, head->next);
}

static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	list_add_between(new, head->prev, head);
}

#define list_add_rcu(new, head) list_add(new, head)
#define list_add_tail_rcu(new, head) list_add_tail(new, head)

static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	entry->next = NULL;
	entry->prev = NULL;
}

/* Readers may stand on the entry: its next pointer stays. */
static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	INIT_LIST_HEAD(entry);
}

static inline int list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(ptr, type, member) list_entry((ptr)->next, type, member)
#define list_next_entry(pos, member) list_entry((pos)->member.next, typeof(*(pos)), member)

#define list_for_each_entry(pos, head, member) \
	for (pos = list_first_entry(head, typeof(*pos), member); \
	     &pos->member != (head); \
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_first_entry(head, typeof(*pos), member), \
	     n = list_next_entry(pos, member); \
	     &pos->member != (head); \
	     pos = n, n = list_next_entry(n, member))

#define list_entry_rcu(ptr, type, member) container_of(READ_ONCE(ptr), type, member)

#define list_for_each_entry_rcu(pos, head, member) \
	for (pos = list_entry_rcu((head)->next, typeof(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry_rcu(pos->member.next, typeof(*pos), member))

#define list_first_or_null_rcu(head, type, member) \
({ \
	struct list_head *__list_head = (head); \
	struct list_head *__list_next = READ_ONCE(__list_head->next); \
	__list_next != __list_head ? list_entry(__list_next, type, member) : (type *)NULL; \
})

#define list_next_or_null_rcu(head, ptr, type, member) \
({ \
	struct list_head *__list_head = (head); \
	struct list_head *__list_next = READ_ONCE((ptr)->next); \
	__list_next != __list_head ? list_entry(__list_next, type, member) : (type *)NULL; \
})

/* ---- atomics and reference counts ---- */
typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { int refs; } refcount_t;

static inline int atomic_read(const atomic_t *v) { return READ_ONCE(v->counter); }
static inline void atomic_set(atomic_t *v, int i) { WRITE_ONCE(v->counter, i); }
static inline void atomic_inc(atomic_t *v) { __fetch_add(&v->counter, 1); }
static inline void atomic_dec(atomic_t *v) { __fetch_add(&v->counter, -1); }
static inline int atomic_inc_return(atomic_t *v) { return __fetch_add(&v->counter, 1) + 1; }
static inline int atomic_dec_return(atomic_t *v) { return __fetch_add(&v->counter, -1) - 1; }
static inline s64 atomic64_read(const atomic64_t *v) { return READ_ONCE(v->counter); }
static inline void atomic64_inc(atomic64_t *v) { __fetch_add(&v->counter, 1LL); }
static inline void atomic64_dec(atomic64_t *v) { __fetch_add(&v->counter, -1LL); }

static inline int refcount_read(const refcount_t *r) { return READ_ONCE(r->refs); }
static inline void refcount_set(refcount_t *r, int n) { WRITE_ONCE(r->refs, n); }

static inline void refcount_inc(refcount_t *r)
{
	WARN_ON(__fetch_add(&r->refs, 1) <= 0);
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	int old = READ_ONCE(r->refs);

	do {
		if (!old)
			return false;
	} while (!try_cmpxchg(&r->refs, &old, old + 1));

	return true;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	int old = __fetch_add(&r->refs, -1);

	WARN_ON(old <= 0);
	return old == 1;
}

/* ---- bits, of as many words as there are ---- */
#define __bit_word(nr, addr) ((u64 *)(addr) + (nr) / 64)
#define __bit_mask(nr) (1ULL << ((nr) % 64))
#define set_bit(nr, addr) ((void)__fetch_or(__bit_word(nr, addr), __bit_mask(nr)))
#define clear_bit(nr, addr) ((void)__fetch_and(__bit_word(nr, addr), ~__bit_mask(nr)))
#define test_bit(nr, addr) (!!(READ_ONCE(*__bit_word(nr, addr)) & __bit_mask(nr)))
#define GENMASK_ULL(h, l) (((~0ULL) << (l)) & (~0ULL >> (63 - (h))))
#define GENMASK(h, l) GENMASK_ULL(h, l)

/* ---- scope guards: undone on every way out of the block ---- */
#define __cleanup(f) __attribute__((__cleanup__(f)))
#define __guard_paste2(a, b) a##b
#define __guard_paste(a, b) __guard_paste2(a, b)
#define CLASS(_name, var) \
	class_##_name##_t var __cleanup(class_##_name##_destructor) = class_##_name##_constructor
#define guard(_name) CLASS(_name, __guard_paste(__guard_, __LINE__))
#define scoped_guard(_name, args...) \
	for (CLASS(_name, __guard_paste(__scope_, __LINE__))(args), \
	     *__guard_paste(__once_, __LINE__) = (void *)1; __guard_paste(__once_, __LINE__); \
	     __guard_paste(__once_, __LINE__) = NULL)

#define DEFINE_CLASS(_name, _type, _exit, _init, _init_args...) \
typedef _type class_##_name##_t; \
static inline void class_##_name##_destructor(_type *p) { _type _T = *p; _exit; } \
static inline _type class_##_name##_constructor(_init_args) { _type t = _init; return t; }

DEFINE_CLASS(mutex, struct mutex *, mutex_unlock(_T), ({ mutex_lock(_T); _T; }), struct mutex *_T)
DEFINE_CLASS(read_lock, rwlock_t *, read_unlock(_T), ({ read_lock(_T); _T; }), rwlock_t *_T)
DEFINE_CLASS(write_lock, rwlock_t *, write_unlock(_T), ({ write_lock(_T); _T; }), rwlock_t *_T)
DEFINE_CLASS(spinlock, spinlock_t *, spin_unlock(_T), ({ spin_lock(_T); _T; }), spinlock_t *_T)
DEFINE_CLASS(rwsem_read, struct rw_semaphore *, up_read(_T), ({ down_read(_T); _T; }), struct rw_semaphore *_T)
DEFINE_CLASS(rwsem_write, struct rw_semaphore *, up_write(_T), ({ down_write(_T); _T; }), struct rw_semaphore *_T)
DEFINE_CLASS(rcu, int, rcu_read_unlock(), ({ rcu_read_lock(); 1; }), void)

typedef struct { struct srcu_struct *lock; int idx; } class_srcu_t;
static inline void class_srcu_destructor(class_srcu_t *p)
{
	srcu_read_unlock(p->lock, p->idx);
}
static inline class_srcu_t class_srcu_constructor(struct srcu_struct *lock)
{
	class_srcu_t t = { .lock = lock, .idx = srcu_read_lock(lock) };

	return t;
}

#include "sundry.h"

#endif
