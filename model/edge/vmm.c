/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMM's address space as KVM sees it: a page table, huge pages in it, its notifier. Only what KVM can tell apart
 * is modelled.
 */
#include "entry.h"

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
		.mm = mm,
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
	struct mmu_notifier_range range = { .mm = mm, .start = start, .end = end, .blockable = blockable };
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
