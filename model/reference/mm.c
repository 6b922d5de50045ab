/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our model of the rest of the kernel: file references, the page cache, the VMM's page table with its
 * notifier. Only what KVM can tell apart is modelled.
 */
#include "mm.h"

/* ---- files ---- */
static struct file *fd_table[NR_FDS];
/* what each CPU's task has to do before it is back in user space */
static struct file *task_works[NR_CPUS];

/* for traces */
static const char *const folio_lock_names[GMEM_NR_PAGES] = {
	"folio_lock[0]",
	"folio_lock[1]",
	"folio_lock[2]",
	"folio_lock[3]",
};

void inode_init_once(struct inode *inode)
{
	int i;

	inode->i_mapping = &inode->i_data;
	inode->i_data.host = inode;

	__machine_page_cache(&inode->i_data.i_pages, GMEM_NR_PAGES);
	__machine_name(&inode->i_data.invalidate_lock, "invalidate_lock");
	for (i = 0; i < GMEM_NR_PAGES; i++)
		__machine_name(&inode->i_data.folio_lock[i], folio_lock_names[i]);
	__machine_name(&init_mm.page_table_lock, "page_table_lock");
}

struct file *alloc_file_pseudo(struct inode *inode, const struct file_operations *fops)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return ERR_PTR(-ENOMEM);
	refcount_set(&file->f_count, 1);
	file->f_op = fops;
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	return file;
}

int fd_install_new(struct file *file)
{
	int fd;

	for (fd = 0; fd < NR_FDS; fd++) {
		if (!fd_table[fd]) {
			fd_table[fd] = file;
			return fd;
		}
	}
	return -EBUSY;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	refcount_set(&file->f_count, 1);
	file->f_op = fops;
	file->private_data = priv;
	return fd_install_new(file);
}

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

void close_fd(unsigned int fd)
{
	struct file *file = fd_table[fd];

	fd_table[fd] = NULL;
	fput(file);
	task_work_run();
}

/* ---- page cache: a page's index and mapping sit in its struct page ---- */
static struct address_space *folio_mapping(struct folio *folio)
{
	return (struct address_space *)folio->page.__pad[1];
}

pgoff_t folio_index(struct folio *folio)
{
	return folio->page.__pad[0];
}

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
		page->__pad[0] = index;
		page->__pad[1] = (unsigned long)mapping;
		folio = (struct folio *)page;
		mapping->folios[index] = folio;
		__gmem_page(page, index);
	}
	get_page(&folio->page);
	return folio;
}

void folio_unlock(struct folio *folio)
{
	mutex_unlock(&folio_mapping(folio)->folio_lock[folio_index(folio)]);
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
		if (folio && mapping->a_ops->free_folio)
			mapping->a_ops->free_folio(folio);
		if (folio)
			put_page(&folio->page);
	}
}

/* ---- the VMM's address space ---- */
struct mm_struct init_mm;

static int mm_index(unsigned long addr)
{
	if (addr < MM_BASE || addr >= MM_BASE + MM_NR_PAGES * PAGE_SIZE)
		return -1;
	return (addr - MM_BASE) >> PAGE_SHIFT;
}

/* Only what is present, without sleeping. */
bool get_user_page_fast_only(unsigned long addr, unsigned int flags, struct page **pagep)
{
	int i = mm_index(addr);
	struct page *page;

	if (i < 0)
		return false;

	spin_lock(&init_mm.page_table_lock);
	page = init_mm.pte[i];
	if (page)
		get_page(page);
	spin_unlock(&init_mm.page_table_lock);

	*pagep = page;
	return !!page;
}

long get_user_pages_unlocked(unsigned long addr, unsigned long nr, struct page **pages, unsigned int flags)
{
	int i = mm_index(addr);
	struct page *page;
	kvm_pfn_t pfn;

	if (i < 0)
		return -EFAULT;

	down_read(&init_mm.mmap_lock);
	spin_lock(&init_mm.page_table_lock);
	page = init_mm.pte[i];
	if (!page) {
		pfn = __user_page_alloc();
		page = pfn ? pfn_to_page(pfn) : NULL;
		init_mm.pte[i] = page;
	}
	if (page)
		get_page(page);
	spin_unlock(&init_mm.page_table_lock);
	up_read(&init_mm.mmap_lock);

	pages[0] = page;
	return page ? 1 : -ENOMEM;
}

void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	/* a process that is still there hears of it now; one that has exited has called release before */
	if (!mm->mn)
		return;
	mm->mn = NULL;
	mn->ops->release(mn, mm);
}

static pmd_t *mm_pmd(struct mm_struct *mm, unsigned long addr)
{
	return &mm->pmd[mm_index(addr) / MM_HUGE_PAGES];
}

int mm_populate_huge(struct mm_struct *mm, unsigned long addr)
{
	kvm_pfn_t pfn = __user_huge_page_alloc();
	int i, first = mm_index(addr) / MM_HUGE_PAGES * MM_HUGE_PAGES;

	if (!pfn)
		return -ENOMEM;

	spin_lock(&mm->page_table_lock);
	for (i = 0; i < MM_HUGE_PAGES; i++)
		mm->pte[first + i] = pfn_to_page(pfn + i);
	WRITE_ONCE(mm_pmd(mm, addr)->pmd, MM_HUGE);
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/* Part of a huge page is to go: from now on it is single pages. The notifier hears of all of it. */
static void mm_split_huge(struct mm_struct *mm, unsigned long addr)
{
	unsigned long start = addr & ~(MM_HUGE_PAGES * PAGE_SIZE - 1);
	struct mmu_notifier_range range = {
		.start = start,
		.end = start + MM_HUGE_PAGES * PAGE_SIZE,
		.blockable = true,
	};
	struct mmu_notifier *mn = mm->mn;

	if (!READ_ONCE(mm_pmd(mm, addr)->pmd))
		return;

	if (mn)
		mn->ops->invalidate_range_start(mn, &range);
	spin_lock(&mm->page_table_lock);
	WRITE_ONCE(mm_pmd(mm, addr)->pmd, 0);
	spin_unlock(&mm->page_table_lock);
	if (mn)
		mn->ops->invalidate_range_end(mn, &range);
}

/* The notifier's calls for a range; where it may not block, nothing in them may sleep. */
void mm_notify_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		non_block_start();
	mn->ops->invalidate_range_start(mn, range);
	if (!mmu_notifier_range_blockable(range))
		non_block_end();
}

void mm_notify_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		non_block_start();
	mn->ops->invalidate_range_end(mn, range);
	if (!mmu_notifier_range_blockable(range))
		non_block_end();
}

/* Take one page out of the page table. The notifier's start call must have been made. */
void mm_zap_page(struct mm_struct *mm, unsigned long addr)
{
	int i = mm_index(addr);
	struct page *page;

	spin_lock(&mm->page_table_lock);
	page = mm->pte[i];
	mm->pte[i] = NULL;
	if (mm_pmd(mm, addr)->pmd)
		WRITE_ONCE(mm_pmd(mm, addr)->pmd, 0);
	spin_unlock(&mm->page_table_lock);

	if (page)
		put_page(page);
}

void mm_zap_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable)
{
	struct mmu_notifier_range range = { .start = start, .end = end, .blockable = blockable };
	struct mmu_notifier *mn = mm->mn;
	unsigned long addr;

	if (start & (MM_HUGE_PAGES * PAGE_SIZE - 1))
		mm_split_huge(mm, start);
	if (end & (MM_HUGE_PAGES * PAGE_SIZE - 1))
		mm_split_huge(mm, end - 1);
	if (mn)
		mm_notify_start(mn, &range);
	for (addr = start; addr < end; addr += PAGE_SIZE)
		mm_zap_page(mm, addr);
	if (mn)
		mm_notify_end(mn, &range);
}

void mm_exit(struct mm_struct *mm)
{
	struct mmu_notifier *mn = mm->mn;
	int i;

	mm->mn = NULL;
	if (mn)
		mn->ops->release(mn, mm);
	for (i = 0; i < MM_NR_PAGES; i++)
		mm_zap_page(mm, MM_BASE + i * PAGE_SIZE);
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
	pgoff_t index = folio_index(src);

	/* somebody uses it besides the page cache and the caller */
	if (page_count(&src->page) != 2)
		return -EAGAIN;

	dst->page.__pad[0] = index;
	dst->page.__pad[1] = (unsigned long)mapping;
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
