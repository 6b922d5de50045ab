/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of guest_memfds: references to them, the page cache, user space's mapping, migration. Only what KVM can tell
 * apart is modelled.
 */
#include "entry.h"

/* ---- files ---- */
struct file *fd_table[NR_FDS];
/* what each CPU's task has to do before it is back in user space */
static struct file *task_works[NR_CPUS];

struct file *fget(unsigned int fd)
{
	struct file *file = fd < NR_FDS ? fd_table[fd] : NULL;

	if (!file || !refcount_inc_not_zero(&file->f_count))
		return NULL;
	return file;
}

/* Files are never freed here, as the kernel's memory for them is reused as files only. */
struct file *get_file_active(struct file **f)
{
	struct file *file = READ_ONCE(*f);

	if (!file || !refcount_inc_not_zero(&file->f_count))
		return NULL;
	return file;
}

/* The release is put off until the task leaves the kernel: the caller may hold any lock. */
void fput(struct file *file)
{
	if (refcount_dec_and_test(&file->f_count))
		task_works[smp_processor_id()] = file;
}

void task_work_run(void)
{
	struct file *file = task_works[smp_processor_id()];

	if (!file)
		return;
	task_works[smp_processor_id()] = NULL;
	file->f_op->release(file->f_inode, file);
}

/* ---- page cache ---- */

/* The folio at @index, locked and with a reference, or -ENOENT. */
struct folio *filemap_lock_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	mutex_lock(&mapping->folio_lock[index]);
	folio = mapping->folios[index];
	if (!folio) {
		mutex_unlock(&mapping->folio_lock[index]);
		return ERR_PTR(-ENOENT);
	}
	get_page(&folio->page);
	return folio;
}

/* The same, but a new folio is made if there is none (still or again). */
struct folio *__filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index, int flags, gfp_t gfp, void *policy)
{
	struct folio *folio;
	struct page *page;

	mutex_lock(&mapping->folio_lock[index]);
	folio = mapping->folios[index];
	if (!folio) {
		page = alloc_page(gfp);
		if (!page) {
			mutex_unlock(&mapping->folio_lock[index]);
			return ERR_PTR(-ENOMEM);
		}
		folio = (struct folio *)page;
		folio->index = index;
		folio->mapping = mapping;
		mapping->folios[index] = folio;
		__gmem_page(page, index);
	}
	get_page(&folio->page);
	return folio;
}

void folio_unlock(struct folio *folio)
{
	mutex_unlock(&folio->mapping->folio_lock[folio->index]);
}

bool folio_test_uptodate(struct folio *folio)
{
	return folio->page.__flags & FOLIO_UPTODATE;
}

void folio_mark_uptodate(struct folio *folio)
{
	folio->page.__flags |= FOLIO_UPTODATE;
}

bool folio_test_hwpoison(struct folio *folio)
{
	return folio->page.__flags & FOLIO_HWPOISON;
}

void folio_set_hwpoison(struct folio *folio)
{
	folio->page.__flags |= FOLIO_HWPOISON;
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	pgoff_t index, end = (lend + 1) >> PAGE_SHIFT;
	struct folio *folio;

	for (index = lstart >> PAGE_SHIFT; index < end && index < GMEM_NR_PAGES; index++) {
		mutex_lock(&mapping->folio_lock[index]);
		folio = mapping->folios[index];
		if (folio)
			unmap_mapping_pages(mapping, index, 1, false);
		mapping->folios[index] = NULL;
		if (folio)
			__gmem_truncate(&folio->page, index);
		mutex_unlock(&mapping->folio_lock[index]);
		if (folio && mapping->a_ops && mapping->a_ops->free_folio)
			mapping->a_ops->free_folio(folio);
		if (folio)
			put_page(&folio->page);
	}
}

/* ---- user space's mapping of a guest_memfd: it has no KVM memslot of its own ---- */
static struct vm_area_struct file_vma;
static struct page *file_ptes[GMEM_NR_PAGES];

int mm_map_file(struct file *file)
{
	int r;

	if (!file->f_op->mmap)
		return -ENODEV;

	file_vma.vm_flags = VM_SHARED | VM_MAYSHARE;
	file_vma.vm_file = file;
	r = file->f_op->mmap(file, &file_vma);
	if (r)
		file_vma.vm_file = NULL;
	return r;
}

/* The page behind the address, faulted in if it is not there. */
static struct page *file_page(pgoff_t pgoff)
{
	struct vm_fault vmf = { .vma = &file_vma, .pgoff = pgoff };
	struct page *page;

	spin_lock(&init_mm.page_table_lock);
	page = file_ptes[pgoff];
	spin_unlock(&init_mm.page_table_lock);
	if (page)
		return page;

	if (file_vma.vm_ops->fault(&vmf) != VM_FAULT_LOCKED)
		return NULL;
	/* the page table keeps the reference that comes with the page */
	spin_lock(&init_mm.page_table_lock);
	file_ptes[pgoff] = vmf.page;
	__user_map(vmf.page, 1);
	spin_unlock(&init_mm.page_table_lock);
	folio_unlock((struct folio *)vmf.page);
	return vmf.page;
}

int mm_write_mapping(pgoff_t pgoff)
{
	struct page *page;

	if (!file_vma.vm_file)
		return -EFAULT;

	down_read(&init_mm.mmap_lock);
	page = file_page(pgoff);
	if (page)
		__host_access(page_to_pfn(page), 1);
	up_read(&init_mm.mmap_lock);
	return page ? 0 : -EFAULT;
}

void unmap_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t nr, bool even_cows)
{
	struct page *page;
	pgoff_t index;

	if (!file_vma.vm_file || file_vma.vm_file->f_mapping != mapping)
		return;

	for (index = start; index < start + nr && index < GMEM_NR_PAGES; index++) {
		spin_lock(&init_mm.page_table_lock);
		page = file_ptes[index];
		file_ptes[index] = NULL;
		if (page)
			__user_map(page, 0);
		spin_unlock(&init_mm.page_table_lock);
		if (page)
			put_page(page);
	}
}

/* ---- migration ---- */

int filemap_migrate_folio(struct address_space *mapping, struct folio *dst, struct folio *src, enum migrate_mode mode)
{
	pgoff_t index = src->index;

	/* somebody uses it besides the page cache and the caller */
	if (page_count(&src->page) != 2)
		return -EAGAIN;

	dst->index = index;
	dst->mapping = mapping;
	dst->page.__flags = src->page.__flags;
	get_page(&dst->page);
	mapping->folios[index] = dst;
	__gmem_migrate(&src->page, &dst->page, index);
	put_page(&src->page);
	return 0;
}

int mm_migrate_page(struct address_space *mapping, pgoff_t index)
{
	struct folio *src = filemap_lock_folio(mapping, index), *dst;
	struct page *page;
	int r = -ENOMEM;

	if (IS_ERR(src))
		return PTR_ERR(src);

	page = alloc_page(GFP_KERNEL);
	dst = (struct folio *)page;
	__gmem_migrate(&src->page, NULL, index);
	if (page) {
		r = mapping->a_ops->migrate_folio(mapping, dst, src, MIGRATE_SYNC);
		put_page(page);
	}
	mutex_unlock(&mapping->folio_lock[index]);
	folio_put(src);
	return r;
}
