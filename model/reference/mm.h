/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of the kernel as far as KVM calls it: files and the page cache of guest_memfd, the VMM's
 * address space behind shared memory, slab caches, interrupts between CPUs. Our model of it, with the
 * kernel's names; it knows nothing of KVM but the notifier's two calls.
 */
#ifndef __MM_H
#define __MM_H

#include "prelude.h"
#include "list.h"
#include "machine.h"

#define PAGE_ALIGNED(x) (!((u64)(x) & (PAGE_SIZE - 1)))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define copy_from_user(to, from, n) ({ memcpy(to, (const void *)(from), n); 0UL; })
#define copy_to_user(to, from, n) ({ memcpy((void *)(to), from, n); 0UL; })
#define u64_to_user_ptr(x) ((void *)(unsigned long)(x))
#define PFN_PHYS(pfn) ((hpa_t)(pfn) << PAGE_SHIFT)
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))

#define EBADF 9
#define ENODEV 19
#define NR_CPUS 16
#define current smp_processor_id()
#define current_mm (&init_mm)
/* a signal for the running thread: an injected choice */
#define signal_pending(task) __fault("a signal is pending")
#define smp_send_reschedule(cpu) __ipi_send(1ULL << (cpu))

/* ---- slab ---- */
struct kmem_cache { size_t size; };

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	return kzalloc(cache->size, flags);
}
#define kmem_cache_alloc(cache, flags) kmem_cache_zalloc(cache, flags)
#define kmem_cache_free(cache, obj) kfree(obj)
#define kzalloc_obj(obj, ...) ((typeof(obj) *)kzalloc(sizeof(obj), GFP_KERNEL))
#define __vcalloc(n, size, flags) kzalloc((n) * (size), flags)
#define vfree(p) kfree(p)

/* ---- files ---- */
#define GMEM_NR_PAGES 4
#define NR_FDS 4

struct inode;
struct file;
struct vm_area_struct;
struct vm_fault;
typedef unsigned int vm_fault_t;

/* Folios are single pages: large ones do not exist in guest_memfd of 7.3. */
struct folio {
	struct page page;
};

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };

struct address_space_operations {
	int (*migrate_folio)(struct address_space *mapping, struct folio *dst, struct folio *src, enum migrate_mode mode);
	int (*error_remove_folio)(struct address_space *mapping, struct folio *folio);
	void (*free_folio)(struct folio *folio);
};

struct address_space {
	struct inode *host;
	const struct address_space_operations *a_ops;
	struct rw_semaphore invalidate_lock;
	/* the folio lock of each index, kept here since pages come and go */
	struct mutex folio_lock[GMEM_NR_PAGES];
	/* what the array holds follows it */
	struct xarray i_pages;
	struct folio *folios[GMEM_NR_PAGES];
};

struct inode {
	struct address_space *i_mapping;
	struct address_space i_data;
	loff_t i_size;
};

struct file_operations {
	int (*release)(struct inode *inode, struct file *file);
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
};

struct vm_operations_struct {
	vm_fault_t (*fault)(struct vm_fault *vmf);
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
	const struct vm_operations_struct *vm_ops;
};

struct vm_fault {
	struct vm_area_struct *vma;
	pgoff_t pgoff;
	struct page *page;
};

#define VM_SHARED 8UL
#define VM_MAYSHARE 0x80UL
#define VM_FAULT_SIGBUS 2
#define VM_FAULT_LOCKED 0x200
#define VM_FAULT_RETRY 0x400
#define vmf_error(err) VM_FAULT_SIGBUS

struct fd { struct file *file; };

struct file {
	refcount_t f_count;
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	struct address_space *f_mapping;
};

static inline struct inode *file_inode(const struct file *f)
{
	return f->f_inode;
}

static inline loff_t i_size_read(const struct inode *inode)
{
	return inode->i_size;
}

void inode_init_once(struct inode *inode);
struct file *alloc_file_pseudo(struct inode *inode, const struct file_operations *fops);
int fd_install_new(struct file *file);
/* a descriptor of a file without an inode of its own: a device's */
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);
struct file *fget(unsigned int fd);
struct file *get_file_active(struct file **f);
void fput(struct file *file);
/* close(2): the descriptor's own reference goes */
void close_fd(unsigned int fd);
/* on the way back to user space: releases of files whose last reference went in the kernel */
void task_work_run(void);

#define FALLOC_FL_KEEP_SIZE 0x01
#define FALLOC_FL_PUNCH_HOLE 0x02

/* ---- page cache ---- */
#define filemap_invalidate_lock(m) down_write(&(m)->invalidate_lock)
#define filemap_invalidate_unlock(m) up_write(&(m)->invalidate_lock)
#define filemap_invalidate_lock_shared(m) down_read(&(m)->invalidate_lock)
#define filemap_invalidate_unlock_shared(m) up_read(&(m)->invalidate_lock)

#define FOLIO_UPTODATE 1
#define FOLIO_HWPOISON 2

#define folio_page(folio, n) (&(folio)->page)
#define folio_file_page(folio, index) (&(folio)->page)
#define folio_pfn(folio) page_to_pfn(&(folio)->page)
#define folio_nr_pages(folio) 1UL
#define folio_order(folio) 0
#define folio_test_large(folio) false
#define folio_put(folio) put_page(&(folio)->page)

#define FGP_LOCK 1
#define FGP_CREAT 2
#define MF_DELAYED 2
#define mapping_gfp_mask(mapping) GFP_KERNEL
#define folio_next_index(folio) (folio_index(folio) + 1)

struct folio *filemap_lock_folio(struct address_space *mapping, pgoff_t index);
struct folio *__filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index, int flags, gfp_t gfp, void *policy);
pgoff_t folio_index(struct folio *folio);
void folio_unlock(struct folio *folio);
bool folio_test_uptodate(struct folio *folio);
void folio_mark_uptodate(struct folio *folio);
bool folio_test_hwpoison(struct folio *folio);
void folio_set_hwpoison(struct folio *folio);
/* pages come zeroed from the machine's allocator */
#define clear_highpage(page) do { } while (0)
void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend);
/* The generic way to move a folio: its contents are copied, and @dst takes its place in the page cache. */
int filemap_migrate_folio(struct address_space *mapping, struct folio *dst, struct folio *src, enum migrate_mode mode);
/* Memory management wants the page of @index to lie elsewhere: what the mapping's own operation makes of it. */
int mm_migrate_page(struct address_space *mapping, pgoff_t index);
/* What user space has mapped of it is taken out of its page table. */
void unmap_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t nr, bool even_cows);

/* ---- the VMM's address space: a page table of one level, filled on demand ---- */
#define MM_BASE 0x400000UL
#define MM_NR_PAGES 8
/* what one entry of the level above covers; a huge page is so many pages that lie together */
#define MM_HUGE_PAGES 4
#define MM_HUGE 1

typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 p4d; } p4d_t;
typedef struct { u64 pgd; } pgd_t;

struct mm_struct;
struct mmu_notifier;
struct mmu_notifier_range {
	unsigned long start;
	unsigned long end;
	bool blockable;
};

struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
};

struct mmu_notifier {
	const struct mmu_notifier_ops *ops;
};

struct mm_struct {
	spinlock_t page_table_lock;
	struct rw_semaphore mmap_lock;
	struct mmu_notifier *mn;
	/* page, or NULL: not present */
	struct page *pte[MM_NR_PAGES];
	/* the level above, as KVM reads it without a lock: MM_HUGE, or 0; those over it are always there */
	pmd_t pmd[MM_NR_PAGES / MM_HUGE_PAGES];
	pud_t pud;
	p4d_t p4d;
	pgd_t pgd;
};

extern struct mm_struct init_mm;

#define mmu_notifier_range_blockable(range) ((range)->blockable)
#define FOLL_WRITE 1
#define FOLL_NOWAIT 2
#define FOLL_INTERRUPTIBLE 4
#define FOLL_HWPOISON 8
#define FOLL_HONOR_NUMA_FAULT 16

/* the walk of the VMM's page table: only the last level but one tells anything */
#define local_irq_save(flags) ((void)(flags), local_irq_disable())
#define local_irq_restore(flags) local_irq_enable()
#define pgd_offset(mm, a) (&(mm)->pgd)
#define p4d_offset(p, a) (&init_mm.p4d)
#define pud_offset(p, a) (&init_mm.pud)
#define pmd_offset(p, a) (&init_mm.pmd[((a) - MM_BASE) / (MM_HUGE_PAGES * PAGE_SIZE)])
#define pgd_none(x) 0
#define p4d_none(x) 0
#define pud_none(x) 0
#define pmd_none(x) 0
#define p4d_present(x) 1
#define pud_present(x) 1
#define pmd_present(x) 1
#define pud_leaf(x) 0
#define pmd_leaf(x) ((x).pmd == MM_HUGE)

bool get_user_page_fast_only(unsigned long addr, unsigned int flags, struct page **pagep);
long get_user_pages_unlocked(unsigned long addr, unsigned long nr, struct page **pages, unsigned int flags);
#define get_user_pages_fast(addr, nr, flags, pages) get_user_pages_unlocked(addr, nr, pages, flags)
void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm);
/* madvise(MADV_DONTNEED), migration, reclaim: the notifier's calls around taking the page away */
void mm_notify_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
void mm_notify_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
void mm_zap_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable);
void mm_zap_page(struct mm_struct *mm, unsigned long addr);
/* the pages around @addr come as one huge page; nothing may be there yet */
int mm_populate_huge(struct mm_struct *mm, unsigned long addr);
/* mmap(2) of a whole guest_memfd: one at a time, for ever */
int mm_map_file(struct file *file);
/* User space writes a page of that mapping. -EFAULT: it gets SIGBUS. */
int mm_write_mapping(pgoff_t pgoff);
/* exit of the process: the notifier's release call, then everything is taken away */
void mm_exit(struct mm_struct *mm);

#endif
