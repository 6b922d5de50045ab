/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What scenario drivers are written with: user space's view of KVM (ioctls, its own memory), the
 * guest's programs, and set-up. A driver's `setup` function gets the VM type as its argument and runs
 * alone; its thread functions run after it. Names of KVM's inside are not to be used by drivers, with
 * one exception: reading a field to see whether something happened.
 *
 * The usual layout: gfn 0 and 1 in memslot 0, backed by pages 0 and 1 of one guest_memfd for private
 * memory, and by the VMM's own memory for shared memory. Guest frame numbers here never carry a TD's
 * shared bit: ops say `shared` instead. There are 32 gfns, 3 user memslots, 4 pages in a guest_memfd,
 * 4 vCPUs and 8 pages of VMM memory.
 */
#ifndef __DRIVER_H
#define __DRIVER_H

#include "entry.h"

/* What setup made. One VM per scenario. */
extern struct kvm *the_vm;
extern struct kvm_vcpu *the_vcpu[DRIVER_VCPUS];
/* the descriptor of the first guest_memfd, -1 if there is none */
extern int the_gmem;

/* ---- set-up, from the setup function only ---- */

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
/* gmem_fd < 0: no guest_memfd. Shared memory of gfn lies at user address gfn_hva(gfn). */
void setup_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
/* A slot that a thread will create: the other threads know what it will be. */
void setup_planned_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
void setup_private(gfn_t gfn, unsigned long nr_pages);
/* The VMM's memory behind the four gfns from this one on, a multiple of four, is one huge page. Before its first use. */
void setup_huge_page(gfn_t gfn);
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
/* Only mapped, not accepted (TDX: pending), by KVM_PRE_FAULT_MEMORY. */
void setup_prefault(int vcpu, gfn_t gfn);

/*
 * SNP: the guest of vCPU 0 makes its page at gfn the registers of another vCPU, which runs with them from now on;
 * and gfns from gfn on, as many as a guest_memfd has pages, are validated and share one entry of the RMP.
 */
void setup_vmsa(int vcpu, gfn_t gfn);
void setup_huge_rmp(gfn_t gfn);

/* ---- the vCPU's thread ---- */

/* What user space does when KVM_RUN says KVM_EXIT_MEMORY_FAULT. */
#define FAULT_STOP 0       /* the program ends */
#define FAULT_CONVERT 1    /* sets the attribute that the access asks for, runs again */
#define FAULT_RETRY 2      /* runs again: someone else is changing the attribute */

/*
 * KVM_RUN until the guest's program is over, the VM is dead, or user space gives up. Ops run in order,
 * each until it is done. Returns 0 when the program ran to its end, else KVM_RUN's error.
 */
int vcpu_thread(int vcpu, const struct guest_op *ops, int nr_ops, int on_fault);

/* ---- user space: ioctls on the VM ---- */

/* KVM_SET_MEMORY_ATTRIBUTES. To shared: user space has asked to destroy the private contents. */
int vmm_set_private(gfn_t gfn, unsigned long nr_pages);
int vmm_set_shared(gfn_t gfn, unsigned long nr_pages);
/* KVM_CREATE_VCPU. A vCPU so made is not run. */
int vmm_create_vcpu(int id);
/* KVM_SET_USER_MEMORY_REGION2 */
int vmm_create_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
int vmm_delete_slot(int id);
/* A slot at gfn with a TD's shared bit: KVM has to refuse it. Other types: nothing is done. */
int vmm_create_aliased_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
/* The same slot with dirty logging on, or elsewhere. KVM has to refuse both if it has a guest_memfd. */
int vmm_log_dirty_pages(int id);
/* ... and off again. */
int vmm_stop_logging(int id);
/* The same slot without its guest_memfd, and a read-only slot with one. KVM has to refuse both. */
int vmm_drop_gmem(int id);
int vmm_create_read_only_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
int vmm_move_slot(int id, gfn_t gfn);
/*
 * KVM_TDX_INIT_MEM_REGION or KVM_SEV_SNP_LAUNCH_UPDATE, measured, on a vCPU that no other thread runs: returns how many pages are left,
 * or an error when none was added. Types without such a build: nothing is done, 0.
 */
int vmm_add_image(int vcpu, gfn_t gfn, unsigned long nr_pages);
/* KVM_TDX_FINALIZE_VM, KVM_SEV_SNP_LAUNCH_FINISH */
int vmm_finalize(void);
/* KVM_PRE_FAULT_MEMORY on a vCPU that no other thread runs */
int vmm_prefault(int vcpu, gfn_t gfn, unsigned long nr_pages);
/* fallocate(2) on a guest_memfd; memory failure of one of its pages; close(2) */
int vmm_punch_hole(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages);
int vmm_allocate(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages);
void vmm_memory_error(int gmem_fd, pgoff_t pgoff);
void vmm_close_gmem(int gmem_fd);
/* The VMM writes a page of the guest_memfd that it has mapped. -EFAULT: it gets SIGBUS. */
int vmm_write_gmem(pgoff_t pgoff);
/* Another process holds the same guest_memfd: the descriptor's file outlives vmm_close_gmem() and the VM's exit. */
void vmm_dup_gmem(int gmem_fd);
/* The VM's descriptors are closed: it is destroyed once the last file that pins it is gone. */
void vmm_close_vm(void);

/* ---- user space's own memory, behind shared gfns ---- */

unsigned long gfn_hva(gfn_t gfn);
/* The kernel takes pages of the VMM away (reclaim, MADV_DONTNEED; OOM reaper when !blockable): notifier start, unmap, end. */
void mm_take(gfn_t gfn, unsigned long nr_pages, bool blockable);
/* The same in three calls, for other threads to come between. */
void mm_take_start(gfn_t gfn, unsigned long nr_pages, bool blockable);
void mm_take_page(gfn_t gfn);
void mm_take_end(gfn_t gfn, unsigned long nr_pages, bool blockable);
/* The process exits: the notifier's release call. */
void vmm_exit_mm(void);

/* ---- events elsewhere that reach the MMU ---- */

/* A VFIO device without coherent DMA comes (true) or goes. */
void vmm_noncoherent_dma(bool attach);
/* Something asks for APICv to be inhibited (true) or no longer. */
void vmm_apicv_inhibit(bool set);
/* The nx_huge_pages parameter is toggled: kvm_mmu_zap_all_fast() on every VM. */
void vmm_toggle_nx_huge_pages(void);
/* The worker that gives possible huge pages back wakes up once. */
void vmm_nx_recovery(void);
/* An assumption made concrete: "some caller reaches kvm_zap_gfn_range() on this VM". */
void vmm_zap_gfn_range(gfn_t start, gfn_t end);
/* An interrupt or a signal for the vCPU's thread. */
void vmm_pend_event(int vcpu, bool pending);
/* An assumption made concrete: "memory management calls kvm_gmem_migrate_folio()". */
void host_migrate_page(int gmem_fd, pgoff_t pgoff);
/* Another process gets the lowest free page and writes it; its pfn. */
kvm_pfn_t host_reuse_page(void);

#endif
