/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What scenario drivers, and the reference KVM's hardware edge, ask of the machine directly: the
 * guest, the CPUs, the host's other users of memory, and set-up. Nothing here exists in a kernel;
 * every name starts with two underscores. Functions without a body are builtins in TypeScript.
 * CPUs: every thread has a CPU of its own, whose number is the thread's (smp_processor_id()).
 */
#ifndef _MACHINE_H
#define _MACHINE_H

#include "prelude.h"

struct kvm;
struct kvm_vcpu;
struct tdx_td;

/* ---- set-up: tell the machine which C objects are which ---- */

/*
 * The VM under review. Watches kvm->mmu_invalidate_seq, mmu_invalidate_in_progress, vm_dead and
 * vm_bugged; lets traces and invariants read slots, roots and counters. Locks inside are named after
 * their fields.
 */
void __machine_vm(struct kvm *kvm);
/* A vCPU, 0 <= id < 4. Must precede its first __guest_*() call. */
void __machine_vcpu(struct kvm_vcpu *vcpu, int id);
/* The VM's memory attributes: loads and stores of this array become attribute events. */
void __machine_attr_array(struct xarray *xa);
/* the entries of @xa are the @count pointers that follow it */
void __machine_page_cache(struct xarray *xa, int count);

/*
 * A TD that is keyed and initialised in one go (MNG.CREATE, KEY.CONFIG, ADDCX, MNG.INIT), with
 * `hkid` in use: lifecycle KEYS_CONFIGURED, op_state INITIALIZED, epoch 1, no page mapped.
 */
void __machine_td(struct tdx_td *td, int hkid);
/*
 * On: a further vCPU, not modelled, runs in the TD all the time, so that BUSY may be injected for
 * SEAMCALLs even where no modelled vCPU is in the guest. A kick that waits forces it out too; it comes
 * back when mmu_lock is dropped. While the TD is built, it is another CPU's SEAMCALL that is in the way.
 */
void __machine_noise(int on);

/*
 * On: the module may refuse to take something from the TD (BLOCK, REMOVE, WBINVD) for a reason of
 * its own, not BUSY. An injected choice; KVM has to give the VM up for it.
 */
void __machine_refusals(int on);

/*
 * On: memory may give out. Any one allocation of an object, of a page, or of an xarray's node fails: an injected
 * choice. What is reserved in an xarray, or there already, needs no node.
 */
void __machine_scarce(int on);

/* ---- SNP: instructions of the host and commands of the firmware, results as the hardware numbers them ---- */

/* RMPUPDATE of the entry of `pfn` (with level 2: of the 2 MiB page that begins there) */
int __rmpupdate(u64 pfn, int assigned, u64 gpa, int level, u32 asid, int immutable);
int __psmash(u64 pfn);
/* a look at the entry: is the page assigned; 2 if it is part of a 2 MiB one */
int __rmp_assigned(u64 pfn);
int __rmp_level(u64 pfn);
/* the guest validates the 2 MiB page that begins there; 1: done */
int __rmp_validate_huge(u64 pfn);
/* 1: done. 0: the firmware refuses the page */
int __snp_launch_update(u64 pfn, u32 asid, int vmsa);
int __snp_page_reclaim(u64 pfn);
/* from here on no page is measured any more */
void __snp_launch_finish(void);

/* A name for a lock (or any object) that is no field of struct kvm; `name` is a string literal. */
void __machine_name(const void *object, const char *name);

/* A note in the trace. `text` must be a string literal. */
void __trace(const char *text);

/* ---- entering and leaving the guest (vCPU thread, interrupts off) ---- */

/* Reasons, as the hardware numbers them; those from 0x100 stay inside the guest. */
#define GUEST_DONE 0
#define GUEST_EXTERNAL_INTERRUPT 1
#define GUEST_EPT_VIOLATION 48
#define GUEST_EPT_MISCONFIG 49
#define GUEST_HYPERCALL 77
#define GUEST_VE 0x100             /* the page is pending and the TD takes #VE for it: accept it */
#define GUEST_ACCEPT_BUSY 0x101    /* TDG.MEM.PAGE.ACCEPT: entry lock or host priority: try again */
#define GUEST_ALREADY_ACCEPTED 0x102
#define GUEST_VC 0x103             /* SNP: the page is not validated */
#define GUEST_CONTINUE 0x200       /* the first half is done: call the second */
#define GUEST_NPF 0x400            /* AMD's nested page fault */
#define GUEST_INVALID 0x401        /* AMD: VMRUN refuses the VMCB: an SNP guest's VMSA is none */
#define GUEST_SMI 0x402            /* an SMI for the guest, which KVM takes in its place */
#define GUEST_RSM 0x403            /* the guest leaves SMM: an instruction that KVM emulates */
/* SNP: the bit of an address that says "encrypted", so private */
#define GUEST_C_BIT (1ULL << 47)

/* TDH.VP.ENTER refused: a TDX status in bits 63:32 (operand busy, ...). */
#define GUEST_NOT_ENTERED(r) ((r) >> 32)

/*
 * The tables that the CPU walks for this vCPU from now on: the EPT pointer (for a TD the shared EPT
 * pointer). The machine never reads it from struct kvm_vcpu. 0 means none.
 */
void __guest_load_root(struct kvm_vcpu *vcpu, hpa_t root, int level);
/* AMD: what the VMCB says at the next VMRUN: the address space id, and where the registers lie (0: in the VMCB). */
void __guest_vmcb(struct kvm_vcpu *vcpu, u32 asid, hpa_t vmsa_pa);
/* INVEPT and friends: drop this vCPU's shared (or only) TLB entries. */
void __guest_flush_tlb(struct kvm_vcpu *vcpu);

/*
 * VM entry; for a TD TDH.VP.ENTER, with its epoch rule. 0: in the guest, and __guest_exit() must
 * follow some time. GUEST_CONTINUE: zero-step mitigation is armed, the SEPT tree is locked and
 * __guest_enter_end() goes on. Anything else: not entered; GUEST_EXTERNAL_INTERRUPT when an interrupt
 * was pending, GUEST_EPT_VIOLATION when the zero-step walk found the page still unmapped, else a TDX
 * status.
 */
u64 __guest_enter_begin(struct kvm_vcpu *vcpu);
u64 __guest_enter_end(struct kvm_vcpu *vcpu);
static inline u64 __guest_enter(struct kvm_vcpu *vcpu)
{
	u64 r = __guest_enter_begin(vcpu);

	if (r == GUEST_CONTINUE)
		r = __guest_enter_end(vcpu);
	return r;
}
/* VM exit. From here on interrupts that came are taken as soon as they are enabled. */
void __guest_exit(struct kvm_vcpu *vcpu);
/* The next VP.ENTER of this vCPU is a zero-step one (as after six faults at one instruction). */
void __guest_arm_zero_step(struct kvm_vcpu *vcpu);

/* ---- what the guest does, between __guest_enter() and __guest_exit() ---- */

#define GUEST_READ 0
#define GUEST_WRITE 1
#define GUEST_EXEC 2

/*
 * One access through the TLB or the tables. `gpa` has the shared bit for a TD's shared memory. 0:
 * done. Else the reason of the VM exit that it causes, or GUEST_VE. A pending interrupt wins:
 * GUEST_EXTERNAL_INTERRUPT, and the access did not happen. A write leaves a new value in the page; a
 * read checks that the guest's last value is still there (private memory; `data-lost` if not).
 */
u64 __guest_access(struct kvm_vcpu *vcpu, gpa_t gpa, int kind);
/*
 * TDG.MEM.PAGE.ACCEPT of one 4 KiB page, in two steps between which the entry is locked. VMs without
 * acceptance: done at once. Returns as __guest_access(); `begin` says GUEST_CONTINUE when `end` must
 * follow.
 */
u64 __guest_accept_begin(struct kvm_vcpu *vcpu, gpa_t gpa);
u64 __guest_accept_end(struct kvm_vcpu *vcpu, gpa_t gpa);
static inline u64 __guest_accept(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	u64 r = __guest_accept_begin(vcpu, gpa);

	if (r == GUEST_CONTINUE)
		r = __guest_accept_end(vcpu, gpa);
	return r;
}
/* SNP: PVALIDATE. As the second half of an ACCEPT, or its opposite; __guest_accept() validates. */
u64 __guest_validate(struct kvm_vcpu *vcpu, gpa_t gpa, int on);
/* SNP: RMPADJUST makes a page the register state of another vCPU. 0, or the exit that it causes. */
u64 __guest_make_vmsa(struct kvm_vcpu *vcpu, gpa_t gpa);
/* The memory behind a page of the guest that this vCPU has just accessed, as the kernel addresses it. */
void *__guest_page(struct kvm_vcpu *vcpu, gpa_t gpa);
/* The guest asks for a page to be private or shared from now on; it is told that this is done. */
void __guest_asks(struct kvm_vcpu *vcpu, gfn_t gfn, int private);
void __guest_told(struct kvm_vcpu *vcpu, gfn_t gfn, int private);
/* Whether the guest runs in SMM from its next entry on. Both end the stay in the guest: KVM has to follow. */
void __guest_smi(struct kvm_vcpu *vcpu);
void __guest_rsm(struct kvm_vcpu *vcpu);
/* Stays in the guest until an interrupt comes; returns GUEST_EXTERNAL_INTERRUPT. Not a deadlock. */
u64 __guest_idle(struct kvm_vcpu *vcpu);
/* Has an interrupt come that the guest has not left for yet? */
int __guest_interrupted(struct kvm_vcpu *vcpu);

/* Of the last nested page fault. */
u64 __guest_npf_error_code(struct kvm_vcpu *vcpu);
/* Of the last exit for an EPT violation; both qualifications as in the SDM / TDX ABI. */
gpa_t __guest_exit_gpa(struct kvm_vcpu *vcpu);
u64 __guest_exit_qualification(struct kvm_vcpu *vcpu);
u64 __guest_ext_exit_qualification(struct kvm_vcpu *vcpu);

/* 1: a TD's access to a pending page raises #VE; 0 (as Linux guests ask): an exit of type 6. */
void __machine_pending_ve(int on);

/* ---- the rest of the host ---- */

/*
 * User space logs which pages of [start, end) are dirty in an address space, or does no longer; a log that it was
 * given has the gfns of `mask`, bit 0 being `start`; it has the last log, and nothing of the guest runs any more.
 */
void __user_logs(int as_id, gfn_t start, gfn_t end, int on);
void __user_told_dirty(int as_id, gfn_t start, u64 mask);
void __user_has_last_log(int as_id, gfn_t start, gfn_t end);

/*
 * User space asks to destroy the contents of [start, end): until the matching end, the guest's data
 * there may go. `why` is a literal: "attribute", "punch hole", "slot delete", "release", "error".
 */
void __request_destroy(gfn_t start, gfn_t end, const char *why);
void __request_destroy_end(gfn_t start, gfn_t end);

/* Another process gets the lowest free page and writes it. Returns its pfn, or 0 when none is free. */
kvm_pfn_t __host_alloc_and_write(void);
/* That page, or any other, is read or written by the host's kernel or user space through its own mapping. */
void __host_access(kvm_pfn_t pfn, int write);
void __host_free(kvm_pfn_t pfn);
/* Anonymous memory of the VMM itself, for shared memory: one page, reference count 1, and back. */
kvm_pfn_t __user_page_alloc(void);
/* The same, as many pages as an entry of level 2 covers, side by side: the pfn of the first, or 0. */
kvm_pfn_t __user_huge_page_alloc(void);
void __user_page_free(kvm_pfn_t pfn);

/*
 * The page cache of guest_memfd tells the machine what belongs to it: the page that it has just
 * allocated for `index`, and the one that it has just taken out of the cache (before its reference is
 * dropped).
 */
void __gmem_page(struct page *page, pgoff_t index);
void __gmem_truncate(struct page *page, pgoff_t index);

/* User space maps a page of a guest_memfd (or unmaps it): it is in the VMM's page table from here on. */
void __user_map(struct page *page, int mapped);
/*
 * The host is about to move the page of `index` elsewhere (no `to`), or moves it: its contents are copied as
 * the host reads them, and the page cache has the new page from here on.
 */
void __gmem_migrate(struct page *from, struct page *to, pgoff_t index);

/* Blocks until *word == value (64 bits). For waits whose sleeping protocol does not matter. */
void __wait_until(u64 *word, u64 value);
/* 1 once per run as an injected choice (costs a fault), else 0: signal pending, event pending, ... */
int __fault(const char *what);

#endif
