/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMM's address space with its notifier, page allocation and slabs, with the kernel's signatures. */
#ifndef __KERNEL_MM_H
#define __KERNEL_MM_H

#include "fs.h"

#define PAGE_ALIGNED(x) (!((u64)(x) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define u64_to_user_ptr(x) ((void *)(unsigned long)(x))
#define PFN_PHYS(pfn) ((hpa_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define virt_to_phys(p) __pa(p)
#define phys_to_virt(p) __va(p)
#define pfn_valid(pfn) ((pfn) != 0)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)
#define PAGE_OFFSET 0xffff800000000000UL
#define TASK_SIZE 0x7ffffffff000UL
#define __PHYSICAL_MASK ((1ULL << 52) - 1)
#define PHYSICAL_PAGE_MASK (PAGE_MASK & __PHYSICAL_MASK)
#define GFP_KERNEL_UNUSED 0
#define __GFP_ACCOUNT 0
#define __GFP_NOWARN 0
#define GFP_HIGHUSER 0
#define GFP_NOWAIT 0
#define GFP_USER 0

/* ---- slabs ---- */
struct kmem_cache { size_t size; void (*ctor)(void *); };
struct kmem_cache_args { unsigned int align; void (*ctor)(void *); };
struct kmem_cache *__kmem_cache_new(size_t size, void (*ctor)(void *));
#define kmem_cache_create(name, size, args, ...) __kmem_cache_new(size, NULL)
#define kmem_cache_create_usercopy(name, size, ...) __kmem_cache_new(size, NULL)
#define KMEM_CACHE(s, flags) __kmem_cache_new(sizeof(struct s), NULL)
#define kmem_cache_destroy(cache) kfree(cache)
static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags) { return kzalloc(cache->size, flags); }
#define kmem_cache_alloc(cache, flags) kmem_cache_zalloc(cache, flags)
#define kmem_cache_free(cache, obj) kfree(obj)
#define alloc_inode_sb(sb, cache, flags) ({ void *__i = kmem_cache_zalloc(cache, flags); __i; })
#define kzalloc_obj(obj, ...) kzalloc(sizeof(obj), GFP_KERNEL)
#define kmalloc_obj(obj, ...) kzalloc(sizeof(obj), GFP_KERNEL)
#define kvzalloc_obj(obj, ...) kzalloc(sizeof(obj), GFP_KERNEL)
#define kzalloc_objs(obj, n, ...) ((typeof(obj) *)kzalloc(sizeof(obj) * (n), GFP_KERNEL))
#define kmalloc_objs(obj, n, ...) ((typeof(obj) *)kzalloc(sizeof(obj) * (n), GFP_KERNEL))
#define kvmalloc_objs(obj, n, ...) ((typeof(obj) *)kzalloc(sizeof(obj) * (n), GFP_KERNEL))
#define kvzalloc_objs(obj, n, ...) ((typeof(obj) *)kzalloc(sizeof(obj) * (n), GFP_KERNEL))
#define kcalloc(n, size, flags) kzalloc((n) * (size), flags)
#define kvcalloc(n, size, flags) kzalloc((n) * (size), flags)
#define kmalloc_array(n, size, flags) kzalloc((n) * (size), flags)
#define kvmalloc_array(n, size, flags) kzalloc((n) * (size), flags)
#define __vcalloc(n, size, flags) kzalloc((n) * (size), flags)
#define vcalloc(n, size) kzalloc((n) * (size), GFP_KERNEL)
#define __vmalloc(size, flags) kzalloc(size, flags)
#define vzalloc(size) kzalloc(size, GFP_KERNEL)
#define vfree(p) kfree(p)
#define kzalloc_node(size, flags, node) kzalloc(size, flags)
#define alloc_page_node(node, flags) alloc_page(flags)
#define kmap_local_page(page) page_address(page)
#define kmap(page) page_address(page)
#define kunmap(page) do { } while (0)
#define kunmap_local(p) do { } while (0)
#define kmap_local_pfn(pfn) page_address(pfn_to_page(pfn))

/* ---- the VMM's address space ---- */
#include "vmm.h"
enum mmu_notifier_event { MMU_NOTIFY_UNMAP, MMU_NOTIFY_CLEAR, MMU_NOTIFY_PROTECTION_VMA };
struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
	unsigned flags;
	enum mmu_notifier_event event;
	void *owner;
	bool blockable;
};

struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	bool (*clear_flush_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	bool (*clear_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	bool (*test_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
	void (*change_pte)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address, pte_t pte);
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
};

struct mmu_notifier { const struct mmu_notifier_ops *ops; };

struct task_struct { struct mm_struct *mm; unsigned int flags; struct thread_struct thread; sigset_t real_blocked; struct pid *thread_pid; };
#define task_pid(task) ((struct pid *)NULL)
#define get_task_pid(task, type) ((struct pid *)NULL)
#define get_pid(p) (p)
#define put_pid(p) do { } while (0)
#define PIDTYPE_PID 0
#define is_64bit_mm(mm) 1
extern struct task_struct __current_task;
#define current (&__current_task)
#define fatal_signal_pending(task) 0
#define mmgrab(mm) do { } while (0)
#define mmdrop(mm) do { } while (0)
#define task_pid_nr(task) 1
#define mmap_read_lock(mm) down_read(&(mm)->mmap_lock)
#define mmap_read_unlock(mm) up_read(&(mm)->mmap_lock)
#define mmap_assert_locked(mm) do { } while (0)

#define FOLL_GET 32
#define FOLL_LONGTERM 64

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm);

/* ---- user space's memory of the driver is read and written as it lies ---- */
/* what the VMM's own memory holds is of no interest; other addresses of user space are a driver's objects */
#define __is_vmm_memory(p) ((unsigned long)(p) >= MM_BASE && (unsigned long)(p) < MM_BASE + MM_NR_PAGES * PAGE_SIZE)
#define copy_from_user(to, from, n) ({ if (!__is_vmm_memory(from)) memcpy(to, (const void *)(from), n); 0UL; })
#define copy_to_user(to, from, n) ({ memcpy((void *)(to), from, n); 0UL; })
#define get_user(x, p) ({ (x) = *(p); 0; })
#define put_user(x, p) ({ *(p) = (x); 0; })
#define access_ok(p, n) 1
#define __access_ok(p, n) 1
#define untagged_addr(a) (a)
#define pagefault_disable() do { } while (0)
#define pagefault_enable() do { } while (0)

#endif
