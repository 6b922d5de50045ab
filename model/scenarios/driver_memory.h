/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to the VMM's memory. driver.h includes this. */
#ifndef __DRIVER_MEMORY_H
#define __DRIVER_MEMORY_H

#include "entry.h"

/* ---- guest_memfd ---- */

/* fallocate(2) on a guest_memfd; memory failure of one of its pages; close(2) */
int vmm_punch_hole(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages);
int vmm_allocate(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages);
void vmm_memory_error(int gmem_fd, pgoff_t pgoff);
void vmm_close_gmem(int gmem_fd);
/* The VMM writes a page of the guest_memfd that it has mapped. -EFAULT: it gets SIGBUS. */
int vmm_write_gmem(pgoff_t pgoff);
/* Another process holds the same guest_memfd: the descriptor's file outlives vmm_close_gmem() and the VM's exit. */
void vmm_dup_gmem(int gmem_fd);
/* An assumption made concrete: "memory management calls kvm_gmem_migrate_folio()". */
void host_migrate_page(int gmem_fd, pgoff_t pgoff);

/* ---- user space's own memory, behind shared gfns ---- */

unsigned long gfn_hva(gfn_t gfn);
/* The kernel takes pages of the VMM away (reclaim, MADV_DONTNEED; OOM reaper when !blockable): notifier start, unmap, end. */
void mm_take(gfn_t gfn, unsigned long nr_pages, bool blockable);
/* The same in three calls, for other threads to come between. */
void mm_take_start(gfn_t gfn, unsigned long nr_pages, bool blockable);
void mm_take_page(gfn_t gfn);
void mm_take_end(gfn_t gfn, unsigned long nr_pages, bool blockable);
/*
 * Memory management asks whether pages were used, and forgets it: with the page table locked (a page that is not there
 * is not asked for), as reclaim does (flush: with the TLB's entries). The last asks without forgetting.
 */
void mm_age(gfn_t gfn, unsigned long nr_pages, bool flush);
bool mm_is_young(gfn_t gfn);
/* The process exits: the notifier's release call. */
void vmm_exit_mm(void);

/* ---- free memory ---- */

/* Another process gets the lowest free page and writes it; its pfn. */
kvm_pfn_t host_reuse_page(void);

#endif
