/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S34: a reader without mmu_lock asks whether an invalidation came by.
 */
#include "driver.h"

void s34_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
}

void s34_mm(void)
{
	mm_take(0, 1, true);
}

/* As pfncache.c does it with its own count and sequence: snapshot, page, count, sequence. */
void s34_reader(void)
{
	unsigned long seq = READ_ONCE(the_vm->mmu_invalidate_seq);
	struct page *page;
	bool open, taken;

	smp_rmb();
	if (get_user_pages_unlocked(gfn_hva(0), 1, &page, FOLL_WRITE) != 1)
		return;

	/* one step: nobody but this reader has the page any more when the count is looked at */
	open = READ_ONCE(the_vm->mmu_invalidate_in_progress);
	taken = page_count(page) == 1;
	smp_rmb();
	if (open || READ_ONCE(the_vm->mmu_invalidate_seq) != seq || !taken) {
		put_page(page);
		return;
	}

	/* It takes the page for the VMM's still, holds no reference, and uses it. */
	put_page(page);
	__host_access(page_to_pfn(page), 1);
}
