/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of guest_memfds and their page cache, with the kernel's signatures. A page's index and mapping sit in its
 * struct page, the folio lock in the mapping, since pages come and go.
 */
#ifndef __GMEM_FILE_H
#define __GMEM_FILE_H

#define GMEM_NR_PAGES 4

struct file;
struct address_space;

/* Folios are single pages: large ones do not exist in guest_memfd of 7.3. */
struct folio {
	union {
		struct page page;
		struct {
			u64 __words[3];
			pgoff_t index;
			struct address_space *mapping;
		};
	};
};

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };

#define FALLOC_FL_KEEP_SIZE 0x01
#define FALLOC_FL_PUNCH_HOLE 0x02
#define VM_SHARED 8UL
#define VM_MAYSHARE 0x80UL
#define VM_FAULT_SIGBUS 2
#define VM_FAULT_LOCKED 0x200
#define VM_FAULT_RETRY 0x400
#define vmf_error(err) VM_FAULT_SIGBUS

/* by descriptor: as many as NR_FDS */
extern struct file *fd_table[];
struct file *fget(unsigned int fd);
struct file *get_file_active(struct file **f);
void fput(struct file *file);
/* on the way back to user space: releases of files whose last reference went in the kernel */
void task_work_run(void);

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
#define folio_next_index(folio) ((folio)->index + 1)

struct folio *filemap_lock_folio(struct address_space *mapping, pgoff_t index);
struct folio *__filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index, int flags, gfp_t gfp, void *policy);
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
/* mmap(2) of a whole guest_memfd: one at a time, for ever */
int mm_map_file(struct file *file);
/* User space writes a page of that mapping. -EFAULT: it gets SIGBUS. */
int mm_write_mapping(pgoff_t pgoff);

#endif
