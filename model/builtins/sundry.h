/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small things of the kernel's headers that neither KVM's MMU nor what stands around it uses, and that patches
 * to it may: sizes, more of lists, arithmetic, errors.
 */
#ifndef __MODEL_SUNDRY_H
#define __MODEL_SUNDRY_H

/* ---- linux/sizes.h ---- */
#define SZ_1 0x1
#define SZ_1K 0x400
#define SZ_4K 0x1000
#define SZ_8K 0x2000
#define SZ_16K 0x4000
#define SZ_32K 0x8000
#define SZ_64K 0x10000
#define SZ_128K 0x20000
#define SZ_256K 0x40000
#define SZ_512K 0x80000
#define SZ_1M 0x100000
#define SZ_2M 0x200000
#define SZ_4M 0x400000
#define SZ_8M 0x800000
#define SZ_16M 0x1000000
#define SZ_32M 0x2000000
#define SZ_64M 0x4000000
#define SZ_128M 0x8000000
#define SZ_256M 0x10000000
#define SZ_512M 0x20000000
#define SZ_1G 0x40000000
#define SZ_2G 0x80000000UL
#define SZ_4G 0x100000000ULL

/* ---- linux/list.h ---- */
#define list_prev_entry(pos, member) list_entry((pos)->member.prev, typeof(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))
#define list_for_each(pos, head) for (pos = (head)->next; pos != (head); pos = pos->next)
#define list_for_each_prev(pos, head) for (pos = (head)->prev; pos != (head); pos = pos->prev)
#define list_for_each_entry_continue(pos, head, member) \
	for (pos = list_next_entry(pos, member); &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_from(pos, head, member) \
	for (; &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_safe_reverse(pos, n, head, member) \
	for (pos = list_entry((head)->prev, typeof(*pos), member), n = list_prev_entry(pos, member); \
	     &pos->member != (head); pos = n, n = list_prev_entry(n, member))
#define list_is_first(entry, head) ((entry)->prev == (head))
#define list_is_singular(head) (!list_empty(head) && (head)->next == (head)->prev)
#define list_count_nodes(head) \
({ \
	struct list_head *__list_pos; \
	size_t __list_count = 0; \
	list_for_each(__list_pos, head) \
		__list_count++; \
	__list_count; \
})

/* ---- linux/minmax.h, math.h, align.h ---- */
#define clamp_t(type, v, lo, hi) min((type)max((type)(v), (type)(lo)), (type)(hi))
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define abs(x) ({ typeof(x) __abs = (x); __abs < 0 ? -__abs : __abs; })
#define PTR_ALIGN(p, a) ((typeof(p))(((unsigned long)(p) + (a) - 1) & ~((unsigned long)(a) - 1)))

static inline int hweight64(u64 x)
{
	int n = 0;

	for (; x; x &= x - 1)
		n++;
	return n;
}

/* ---- linux/err.h, compiler.h ---- */
#define ERR_CAST(p) ((void *)(p))
#define PTR_ERR_OR_ZERO(p) (IS_ERR(p) ? (int)PTR_ERR(p) : 0)
#define data_race(expr) (expr)
#define ACCESS_PRIVATE(p, member) ((p)->member)
#define container_of_const(ptr, type, member) container_of(ptr, type, member)

/* ---- linux/atomic.h, refcount.h ---- */
#define atomic_add_return(n, v) (__fetch_add(&(v)->counter, n) + (n))
#define atomic_sub_return(n, v) (__fetch_add(&(v)->counter, -(n)) - (n))

static inline void refcount_dec(refcount_t *r)
{
	WARN_ON(refcount_dec_and_test(r));
}

#endif
