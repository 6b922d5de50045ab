/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMM's address space with its notifier, and the walk of its page table, with the kernel's signatures. */
#ifndef __VMM_H
#define __VMM_H

struct mmu_notifier;

#define MM_BASE 0x400000UL
#define MM_NR_PAGES 8
/* what one entry of the level above covers; a huge page is so many pages that lie together */
#define MM_HUGE_PAGES 4
#define MM_HUGE 1

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

#define current_mm (&init_mm)
/* a signal for the running thread: an injected choice */
#define signal_pending(task) __fault("a signal is pending")

#define mmu_notifier_range_blockable(range) ((range)->blockable)
#define FOLL_WRITE 1
#define FOLL_NOWAIT 2
#define FOLL_INTERRUPTIBLE 4
#define FOLL_HWPOISON 8
#define FOLL_HONOR_NUMA_FAULT 16

/* the walk of it: only the last level but one tells anything */
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
/* exit of the process: the notifier's release call, then everything is taken away */
void mm_exit(struct mm_struct *mm);

#endif
