/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to the VMM's memory: to the pages of its guest_memfds, to those of its own, and to those that are free.
 */
#include "driver.h"

/* ---- guest_memfd ---- */

/* The gfns behind pages of a guest_memfd are about to lose their contents, or have lost them. */
static void destroy_behind(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages, const char *why)
{
	struct driver_slot *slot;
	int i;

	for (i = 0; i < DRIVER_ADDRESS_SPACES * DRIVER_SLOTS; i++) {
		pgoff_t first, last;

		slot = &driver_slots[i];
		if (!slot->used || slot->gmem_fd != gmem_fd)
			continue;
		first = max(pgoff, slot->pgoff);
		last = min(pgoff + nr_pages, slot->pgoff + slot->nr_pages);
		if (first >= last)
			continue;
		first = slot->gfn + first - slot->pgoff;
		last = slot->gfn + last - slot->pgoff;
		if (why)
			__request_destroy(first, last, why);
		else
			__request_destroy_end(first, last);
	}
}

static int gmem_fallocate(int gmem_fd, int mode, pgoff_t pgoff, unsigned long nr_pages)
{
	struct file *file = fget(gmem_fd);
	int r;

	if (!file)
		return -EBADF;
	r = file->f_op->fallocate(file, mode, pgoff * PAGE_SIZE, nr_pages * PAGE_SIZE);
	fput(file);
	task_work_run();
	return r;
}

int vmm_punch_hole(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages)
{
	int r;

	if (gmem_fd < 0)
		return -EBADF;
	destroy_behind(gmem_fd, pgoff, nr_pages, "punch hole");
	r = gmem_fallocate(gmem_fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, pgoff, nr_pages);
	destroy_behind(gmem_fd, pgoff, nr_pages, NULL);
	return r;
}

int vmm_allocate(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages)
{
	if (gmem_fd < 0)
		return -EBADF;
	return gmem_fallocate(gmem_fd, FALLOC_FL_KEEP_SIZE, pgoff, nr_pages);
}

void vmm_memory_error(int gmem_fd, pgoff_t pgoff)
{
	struct file *file = gmem_fd < 0 ? NULL : fget(gmem_fd);
	struct address_space *mapping;
	struct folio *folio;

	if (!file)
		return;
	mapping = file->f_mapping;
	folio = filemap_lock_folio(mapping, pgoff);
	/* the locked folio holds the inode, and nothing holds the file */
	fput(file);
	if (!IS_ERR(folio)) {
		destroy_behind(gmem_fd, pgoff, 1, "error");
		folio_set_hwpoison(folio);
		kvm_gmem_error_folio(mapping, folio);
		folio_unlock(folio);
		folio_put(folio);
		destroy_behind(gmem_fd, pgoff, 1, NULL);
	}
	task_work_run();
}

void host_migrate_page(int gmem_fd, pgoff_t pgoff)
{
	struct file *file = gmem_fd < 0 ? NULL : fget(gmem_fd);

	if (!file)
		return;
	mm_migrate_page(file->f_mapping, pgoff);
	fput(file);
	task_work_run();
}

int vmm_write_gmem(pgoff_t pgoff)
{
	return mm_write_mapping(pgoff);
}

void vmm_close_gmem(int gmem_fd)
{
	if (gmem_fd < 0)
		return;
	destroy_behind(gmem_fd, 0, GMEM_NR_PAGES, "release");
	close_fd(gmem_fd);
	destroy_behind(gmem_fd, 0, GMEM_NR_PAGES, NULL);
}

void vmm_dup_gmem(int gmem_fd)
{
	if (gmem_fd >= 0)
		fget(gmem_fd);
}

/* ---- the VMM's own memory ---- */

unsigned long gfn_hva(gfn_t gfn)
{
	return MM_BASE + gfn * PAGE_SIZE;
}

void mm_take(gfn_t gfn, unsigned long nr_pages, bool blockable)
{
	mm_zap_range(&init_mm, gfn_hva(gfn), gfn_hva(gfn + nr_pages), blockable);
}

void mm_take_start(gfn_t gfn, unsigned long nr_pages, bool blockable)
{
	struct mmu_notifier_range range = {
		.start = gfn_hva(gfn),
		.end = gfn_hva(gfn + nr_pages),
		.blockable = blockable,
	};

	mm_notify_start(init_mm.mn, &range);
}

void mm_take_page(gfn_t gfn)
{
	mm_zap_page(&init_mm, gfn_hva(gfn));
}

void mm_take_end(gfn_t gfn, unsigned long nr_pages, bool blockable)
{
	struct mmu_notifier_range range = {
		.start = gfn_hva(gfn),
		.end = gfn_hva(gfn + nr_pages),
		.blockable = blockable,
	};

	mm_notify_end(init_mm.mn, &range);
}

void mm_age(gfn_t gfn, unsigned long nr_pages, bool flush)
{
	const struct mmu_notifier_ops *ops = init_mm.mn->ops;
	unsigned long start = gfn_hva(gfn), end = gfn_hva(gfn + nr_pages);

	spin_lock(&init_mm.page_table_lock);
	if (!init_mm.pte[(start - MM_BASE) / PAGE_SIZE])
		;
	else if (flush)
		ops->clear_flush_young(init_mm.mn, &init_mm, start, end);
	else
		ops->clear_young(init_mm.mn, &init_mm, start, end);
	spin_unlock(&init_mm.page_table_lock);
}

bool mm_is_young(gfn_t gfn)
{
	unsigned long address = gfn_hva(gfn);
	bool young = false;

	spin_lock(&init_mm.page_table_lock);
	if (init_mm.pte[(address - MM_BASE) / PAGE_SIZE])
		young = init_mm.mn->ops->test_young(init_mm.mn, &init_mm, address);
	spin_unlock(&init_mm.page_table_lock);
	return young;
}

void vmm_exit_mm(void)
{
	mm_exit(&init_mm);
}

/* ---- free memory ---- */

kvm_pfn_t host_reuse_page(void)
{
	return __host_alloc_and_write();
}
