/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What scenario drivers are written with: user space's view of KVM (here its ioctls; driver_memory.h has
 * its memory), the guest's programs, and set-up (driver_setup.h). A driver's `setup` function gets the VM
 * type as its argument and runs alone; its thread functions run after it. Names of KVM's inside are not to
 * be used by drivers, with one exception: reading a field to see whether something happened.
 *
 * The usual layout: gfn 0 and 1 in memslot 0, backed by pages 0 and 1 of one guest_memfd for private
 * memory, and by the VMM's own memory for shared memory. Guest frame numbers here never carry a TD's
 * shared bit: ops say `shared` instead. There are 32 gfns, 3 user memslots, 4 pages in a guest_memfd,
 * 4 vCPUs and 8 pages of VMM memory.
 */
#ifndef __DRIVER_H
#define __DRIVER_H

#include "entry.h"
#include "driver_setup.h"
#include "driver_memory.h"

/* What setup made. One VM per scenario. */
extern struct kvm *the_vm;
extern struct kvm_vcpu *the_vcpu[DRIVER_VCPUS];
/* the descriptor of the first guest_memfd, -1 if there is none */
extern int the_gmem;

/* What user space remembers of its memslots: which gfns a page of a guest_memfd is behind. Not for drivers. */
struct driver_slot {
	bool used;
	gfn_t gfn;
	unsigned long nr_pages;
	int gmem_fd;
	pgoff_t pgoff;
};
#define DRIVER_ADDRESS_SPACES 2
extern struct driver_slot driver_slots[DRIVER_ADDRESS_SPACES * DRIVER_SLOTS];
struct driver_slot *driver_slot_of(int id);

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
/* The same for set-up, whose one thread has run vCPUs on every CPU. */
int run_guest(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr_ops, int on_fault);

/* ---- user space: ioctls on the VM ---- */

/* KVM_SET_MEMORY_ATTRIBUTES. To shared: user space has asked to destroy the private contents. */
int vmm_set_private(gfn_t gfn, unsigned long nr_pages);
int vmm_set_shared(gfn_t gfn, unsigned long nr_pages);
/* KVM_CREATE_VCPU. A vCPU so made is not run. */
int vmm_create_vcpu(int id);
/*
 * KVM_SET_USER_MEMORY_REGION2. SMM_SLOT(id) is the memslot of that number in the address space of SMM: the VMM's
 * memory behind a gfn is the same in both.
 */
#define SMM_SLOT(id) ((id) | 1 << 16)
int vmm_create_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
int vmm_delete_slot(int id);
/* A slot at gfn with a TD's shared bit: KVM has to refuse it. Other types: nothing is done. */
int vmm_create_aliased_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff);
/* The same slot with dirty logging on, or elsewhere. KVM has to refuse both if it has a guest_memfd. */
int vmm_log_dirty_pages(int id);
/* ... and off again. */
int vmm_stop_logging(int id);
/* KVM_GET_DIRTY_LOG; the last one is got when no vCPU runs any more. */
int vmm_get_dirty_log(int id);
int vmm_get_last_dirty_log(int id);
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
/* SNP: user space writes into the request in the vCPU's GHCB, which is shared memory, that it has no end. */
void vmm_spoil_request(int vcpu);
/* The VM's descriptors are closed: it is destroyed once the last file that pins it is gone. */
void vmm_close_vm(void);

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

#endif
