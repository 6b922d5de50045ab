/* SPDX-License-Identifier: GPL-2.0-only */
/* Set-up, from the setup function only. driver.h includes this. */
#ifndef __DRIVER_SETUP_H
#define __DRIVER_SETUP_H

#include "entry.h"

/* All in one: VM, vCPUs, guest_memfd, memslot 0 over gfn 0 .. nr_pages-1, private where the type can, ready. */
void setup_vm(int vm_type, int nr_vcpus, int nr_pages);

/* Or step by step, in this order. Types without private memory get no guest_memfd (gmem_fd is then ignored). */
void setup_create(int vm_type);
void setup_vcpu(void);
int setup_gmem(unsigned long nr_pages);
/*
 * A guest_memfd that user space maps: to be used by it, if the type allows that; else in vain. Where none can be
 * mapped it is an ordinary one.
 */
int setup_mapped_gmem(unsigned long nr_pages);
/* Has user space mapped it? */
extern bool gmem_is_mapped;
/* gmem_fd < 0: no guest_memfd. Shared memory of gfn lies at user address gfn_hva(gfn). */
void setup_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
/* A slot that a thread will create: the other threads know what it will be. */
void setup_planned_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
void setup_private(gfn_t gfn, unsigned long nr_pages);
/* The VMM's memory behind the four gfns from this one on, a multiple of four, is one huge page. Before its first use. */
void setup_huge_page(gfn_t gfn);
/* The worker that gives possible huge pages back takes all that there are when it wakes up, not one in sixty. */
void setup_recover_all(void);
/* TDX: one page of the initial image, measured. Other types: nothing. Before setup_ready(). */
void setup_image_page(gfn_t gfn);
/* In place of setup_ready(): the TD is left unfinished, for a thread to finish. */
void setup_unfinished(void);
/* TDX: finalize. All types: vCPUs load their roots. After it guests can run. */
void setup_ready(void);

/* The vCPU's guest uses a page until it is mapped: accepts it (TDX), writes it, and stays out of it afterwards. */
void setup_touch_private(int vcpu, gfn_t gfn);
void setup_touch_shared(int vcpu, gfn_t gfn);
/* The vCPU's guest runs code there: shared memory of VMs without a TDX module. */
void setup_run_code(int vcpu, gfn_t gfn);
/* An SMI comes, and the code that handles it writes the page. */
void setup_touch_smm(int vcpu, gfn_t gfn);
/* Only mapped, not accepted (TDX: pending), by KVM_PRE_FAULT_MEMORY. */
void setup_prefault(int vcpu, gfn_t gfn);

/*
 * SNP: the guest of vCPU 0 makes its page at gfn the registers of another vCPU, which runs with them from now on;
 * and gfns from gfn on, as many as a guest_memfd has pages, are validated and share one entry of the RMP.
 */
void setup_vmsa(int vcpu, gfn_t gfn);
void setup_huge_rmp(gfn_t gfn);
/* SNP: the vCPU's guest has its GHCB at gfn, which is shared. */
void setup_ghcb(int vcpu, gfn_t gfn);

#endif
