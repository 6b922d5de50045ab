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
#define NR_FDS 4

#include "gmem_file.h"

struct inode;
struct file;
struct vm_area_struct;
struct vm_fault;
typedef unsigned int vm_fault_t;

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
/* close(2): the descriptor's own reference goes */
void close_fd(unsigned int fd);


/* ---- the VMM's address space ---- */
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 p4d; } p4d_t;
typedef struct { u64 pgd; } pgd_t;

#include "vmm.h"

struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
	bool blockable;
};

struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	bool (*clear_flush_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	bool (*clear_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	bool (*test_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
};

struct mmu_notifier {
	const struct mmu_notifier_ops *ops;
};


#define local_irq_save(flags) ((void)(flags), local_irq_disable())
#define local_irq_restore(flags) local_irq_enable()


#endif
