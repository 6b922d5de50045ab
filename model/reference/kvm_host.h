/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of the reference KVM and the small inline functions over them: what linux/kvm_host.h
 * and asm/kvm_host.h are to the kernel. Names, and the order of statements, follow kernel 7.3; what
 * has no meaning in the model (statistics, interrupts, emulation) is left out.
 */
#ifndef __KVM_HOST_H
#define __KVM_HOST_H

#include "prelude.h"
#include "list.h"
#include "machine.h"
#include "mm.h"

#define CONFIG_KVM_PROVE_MMU 1
#define CONFIG_PROVE_LOCKING 1
#define CONFIG_PROVE_RCU 1
#define CONFIG_KVM_GUEST_MEMFD 1
#define CONFIG_KVM_SW_PROTECTED_VM 1
#define CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES 1
#define CONFIG_HAVE_KVM_ARCH_GMEM_POPULATE 1
#define CONFIG_HAVE_KVM_ARCH_GMEM_CONVERT 1
#define CONFIG_HAVE_KVM_ARCH_GMEM_RECLAIM 1
#define CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE 1
#define CONFIG_KVM_INTEL_TDX 1
#define CONFIG_KVM_AMD_SEV 1
#define CONFIG_KVM_SMM 1

/* what the stand-ins of the hardware's edge ask of a tree: this KVM has what 7.3 has */
#define TREE_HAS_TDX 1
#define TREE_HAS_SEV 1
#define TREE_HAS_SEV_VM_INIT 1
#define TREE_HAS_SEV_VCPU_CREATE 1
#define TREE_HAS_SEV_INIT_EVENT 1
#define TREE_HAS_IS_SEV_SNP_GUEST 1
#define TREE_HAS_FALLIBLE_PRE_SEV_RUN 1
#define TREE_HAS_RELOAD_VMSA 1
#define TREE_HAS_GMEM_MAKE_PRIVATE 1
#define TREE_HAS_GMEM_INVALIDATE_RANGE 1
#define TREE_HAS_GMEM_MAX_MAPPING_LEVEL 1
#define TREE_HAS_FALLIBLE_MMU_INIT 1
#define TREE_HAS_VCPU_VT 1
#define TREE_HAS_RECOVER_HUGE_PAGES 1

#define __read_mostly
#define __init
#define noinline
#define __weak __attribute__((__weak__))
#define EXPORT_SYMBOL_GPL(x)
#define EXPORT_SYMBOL_FOR_KVM_INTERNAL(x)
#define VM_BUG_ON(c) BUG_ON(c)

/* ---- sizes: the geometry of the model. Tables have 1 << SPTE_LEVEL_BITS entries. ---- */
#define SPTE_LEVEL_BITS 2
#define KVM_MAX_VCPUS 4
/* SMM's is the second */
#define KVM_MAX_NR_ADDRESS_SPACES 2
#define KVM_MEM_SLOTS_NUM 4
#define KVM_INTERNAL_MEM_SLOTS 1
#define KVM_USER_MEM_SLOTS (KVM_MEM_SLOTS_NUM - KVM_INTERNAL_MEM_SLOTS)
#define APIC_ACCESS_PAGE_PRIVATE_MEMSLOT (KVM_USER_MEM_SLOTS + 0)
#define KVM_MEM_MAX_NR_PAGES 64
#define PT64_ROOT_MAX_LEVEL 3
#define KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE PT64_ROOT_MAX_LEVEL
/* guest physical address bits, the shared bit of a TD included */
#define KVM_MODEL_MAXPHYADDR 18
#define APIC_DEFAULT_PHYS_BASE 0x1f000ULL

enum pg_level {
	PG_LEVEL_NONE,
	PG_LEVEL_4K,
	PG_LEVEL_2M,
	PG_LEVEL_1G,
	PG_LEVEL_NUM
};

#define KVM_MAX_HUGEPAGE_LEVEL PG_LEVEL_2M
#define KVM_NR_PAGE_SIZES (KVM_MAX_HUGEPAGE_LEVEL - PG_LEVEL_4K + 1)
#define KVM_HPAGE_GFN_SHIFT(x) (((x) - 1) * SPTE_LEVEL_BITS)
#define KVM_HPAGE_SHIFT(x) (PAGE_SHIFT + KVM_HPAGE_GFN_SHIFT(x))
#define KVM_HPAGE_SIZE(x) (1UL << KVM_HPAGE_SHIFT(x))
#define KVM_HPAGE_MASK(x) (~(KVM_HPAGE_SIZE(x) - 1))
#define KVM_PAGES_PER_HPAGE(x) (KVM_HPAGE_SIZE(x) / PAGE_SIZE)

#define INVALID_PAGE (~(hpa_t)0)
#define INVALID_GPA (~(gpa_t)0)
#define VALID_PAGE(x) ((x) != INVALID_PAGE)

/* ---- user space interface ---- */
#define KVM_X86_DEFAULT_VM 0
#define KVM_X86_SW_PROTECTED_VM 1
#define KVM_X86_SEV_VM 2
#define KVM_X86_SEV_ES_VM 3
#define KVM_X86_SNP_VM 4
#define KVM_X86_TDX_VM 5

#define KVM_X86_QUIRK_SLOT_ZAP_ALL (1 << 7)
#define KVM_X86_QUIRK_IGNORE_GUEST_PAT (1 << 9)

#define KVM_MEM_LOG_DIRTY_PAGES (1UL << 0)
#define KVM_MEM_READONLY (1UL << 1)
#define KVM_MEM_GUEST_MEMFD (1UL << 2)
#define KVM_MEMSLOT_INVALID (1UL << 16)
#define KVM_MEMSLOT_GMEM_ONLY (1UL << 17)
#define KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS BIT_ULL(63)
#define KVM_MEMORY_ATTRIBUTE_PRIVATE (1ULL << 3)
#define KVM_MEMORY_EXIT_FLAG_PRIVATE (1ULL << 3)
#define GUEST_MEMFD_FLAG_MMAP (1ULL << 0)
#define GUEST_MEMFD_FLAG_INIT_SHARED (1ULL << 1)

#define KVM_EXIT_UNKNOWN 0
#define KVM_EXIT_HYPERCALL 3
#define KVM_EXIT_HLT 5
#define KVM_EXIT_MMIO 6
#define KVM_EXIT_SHUTDOWN 8
#define KVM_EXIT_FAIL_ENTRY 9
#define KVM_EXIT_INTR 10
#define KVM_EXIT_INTERNAL_ERROR 17
#define KVM_EXIT_MEMORY_FAULT 39

#define KVM_EXIT_SYSTEM_EVENT 24

#define KVM_HC_MAP_GPA_RANGE 12
#define KVM_MAP_GPA_RANGE_PAGE_SZ_4K 0
#define KVM_MAP_GPA_RANGE_PAGE_SZ_2M BIT(0)
#define KVM_MAP_GPA_RANGE_ENCRYPTED (1 << 4)
#define KVM_MAP_GPA_RANGE_DECRYPTED 0

struct kvm_userspace_memory_region2 {
	u32 slot;
	u32 flags;
	u64 guest_phys_addr;
	u64 memory_size;
	u64 userspace_addr;
	u64 guest_memfd_offset;
	u32 guest_memfd;
};

struct kvm_memory_attributes {
	u64 address;
	u64 size;
	u64 attributes;
	u64 flags;
};

struct kvm_pre_fault_memory {
	u64 gpa;
	u64 size;
	u64 flags;
};

struct kvm_create_guest_memfd {
	u64 size;
	u64 flags;
};

struct kvm_run {
	u32 exit_reason;
	u8 immediate_exit;
	struct {
		u64 nr;
		u64 args[3];
		u64 ret;
	} hypercall;
	struct {
		u64 flags;
		u64 gpa;
		u64 size;
	} memory_fault;
};

/* ---- pfns that are not ---- */
#define KVM_PFN_ERR_MASK (0x7ffULL << 52)
#define KVM_PFN_ERR_NOSLOT_MASK (0xfffULL << 52)
#define KVM_PFN_NOSLOT (0x1ULL << 63)
#define KVM_PFN_ERR_FAULT (KVM_PFN_ERR_MASK)
#define KVM_PFN_ERR_HWPOISON (KVM_PFN_ERR_MASK + 1)
#define KVM_PFN_ERR_RO_FAULT (KVM_PFN_ERR_MASK + 2)
#define KVM_PFN_ERR_SIGPENDING (KVM_PFN_ERR_MASK + 3)
#define KVM_PFN_ERR_NEEDS_IO (KVM_PFN_ERR_MASK + 4)

static inline bool is_error_pfn(kvm_pfn_t pfn)
{
	return !!(pfn & KVM_PFN_ERR_MASK);
}

static inline bool is_sigpending_pfn(kvm_pfn_t pfn)
{
	return pfn == KVM_PFN_ERR_SIGPENDING;
}

static inline bool is_error_noslot_pfn(kvm_pfn_t pfn)
{
	return !!(pfn & KVM_PFN_ERR_NOSLOT_MASK);
}

static inline bool is_noslot_pfn(kvm_pfn_t pfn)
{
	return pfn == KVM_PFN_NOSLOT;
}

/* User addresses of the model lie far below; everything from here on is no address. */
#define PAGE_OFFSET 0xffff800000000000UL
#define KVM_HVA_ERR_BAD (PAGE_OFFSET)
#define KVM_HVA_ERR_RO_BAD (PAGE_OFFSET + PAGE_SIZE)

static inline bool kvm_is_error_hva(unsigned long addr)
{
	return addr >= PAGE_OFFSET;
}

static inline gfn_t gpa_to_gfn(gpa_t gpa)
{
	return (gfn_t)(gpa >> PAGE_SHIFT);
}

static inline gpa_t gfn_to_gpa(gfn_t gfn)
{
	return (gpa_t)gfn << PAGE_SHIFT;
}

/* ---- requests ---- */
#define KVM_REQUEST_MASK GENMASK(7, 0)
#define KVM_REQUEST_NO_WAKEUP BIT(8)
#define KVM_REQUEST_WAIT BIT(9)
#define KVM_REQUEST_NO_ACTION BIT(10)
#define KVM_REQ_TLB_FLUSH (0 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_VM_DEAD (1 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_UNBLOCK 2
#define KVM_REQUEST_ARCH_BASE 8
#define KVM_REQ_OUTSIDE_GUEST_MODE (KVM_REQUEST_NO_ACTION | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_ARCH_REQ_FLAGS(nr, flags) (((nr) + KVM_REQUEST_ARCH_BASE) | (flags))
#define KVM_ARCH_REQ(nr) KVM_ARCH_REQ_FLAGS(nr, 0)
#define KVM_REQ_EVENT KVM_ARCH_REQ(6)
#define KVM_REQ_APF_HALT KVM_ARCH_REQ(7)
#define KVM_REQ_APIC_PAGE_RELOAD KVM_ARCH_REQ_FLAGS(17, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_APICV_UPDATE KVM_ARCH_REQ_FLAGS(25, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_TLB_FLUSH_CURRENT KVM_ARCH_REQ(26)
#define KVM_REQ_TLB_FLUSH_GUEST KVM_ARCH_REQ_FLAGS(27, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_VMSA_PAGE_RELOAD \
	KVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_UPDATE_PROTECTED_GUEST_STATE \
	KVM_ARCH_REQ_FLAGS(34, KVM_REQUEST_WAIT)
#define KVM_REQ_MMU_FREE_OBSOLETE_ROOTS KVM_ARCH_REQ_FLAGS(31, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)

enum {
	OUTSIDE_GUEST_MODE,
	IN_GUEST_MODE,
	EXITING_GUEST_MODE,
	READING_SHADOW_PAGE_TABLES,
};

enum exit_fastpath_completion {
	EXIT_FASTPATH_NONE,
	EXIT_FASTPATH_REENTER_GUEST,
	EXIT_FASTPATH_EXIT_HANDLED,
	EXIT_FASTPATH_EXIT_USERSPACE,
};
typedef enum exit_fastpath_completion fastpath_t;

/* ---- page fault error codes ---- */
#define PFERR_PRESENT_MASK BIT(0)
#define PFERR_WRITE_MASK BIT(1)
#define PFERR_USER_MASK BIT(2)
#define PFERR_RSVD_MASK BIT(3)
#define PFERR_FETCH_MASK BIT(4)
#define PFERR_GUEST_RMP_MASK BIT_ULL(31)
#define PFERR_GUEST_FINAL_MASK BIT_ULL(32)
#define PFERR_GUEST_PAGE_MASK BIT_ULL(33)
#define PFERR_GUEST_ENC_MASK BIT_ULL(34)
#define PFERR_GUEST_SIZEM_MASK BIT_ULL(35)
#define PFERR_GUEST_VMPL_MASK BIT_ULL(36)
/* KVM's own: no hardware sets them */
#define PFERR_IMPLICIT_ACCESS BIT_ULL(48)
#define PFERR_PRIVATE_ACCESS BIT_ULL(49)
#define PFERR_SYNTHETIC_MASK (PFERR_IMPLICIT_ACCESS | PFERR_PRIVATE_ACCESS)

/* ---- ranges ---- */
union kvm_mmu_notifier_arg {
	unsigned long attributes;
};

enum kvm_gfn_range_filter {
	KVM_FILTER_SHARED = BIT(0),
	KVM_FILTER_PRIVATE = BIT(1),
};

struct kvm_gfn_range {
	struct kvm_memory_slot *slot;
	gfn_t start;
	gfn_t end;
	union kvm_mmu_notifier_arg arg;
	enum kvm_gfn_range_filter attr_filter;
	bool may_block;
	bool lockless;
};

bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range);
bool kvm_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range);
bool kvm_test_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range);

/* ---- objects kept ready for the fault path ---- */
struct kvm_mmu_memory_cache {
	gfp_t gfp_zero;
	gfp_t gfp_custom;
	u64 init_value;
	struct kmem_cache *kmem_cache;
	int capacity;
	int nobjs;
	void **objects;
};

int kvm_mmu_topup_memory_cache(struct kvm_mmu_memory_cache *mc, int min);
void kvm_mmu_free_memory_cache(struct kvm_mmu_memory_cache *mc);
void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc);

/* ---- the MMU's state of a vCPU ---- */
/*
 * `invalid` has a 32-bit word of its own: it alone changes after the page is set up, and other CPUs
 * read the rest without a lock all the time.
 */
union kvm_mmu_page_role {
	u64 word;
	struct {
		unsigned level:4;
		unsigned direct:1;
		unsigned access:4;
		unsigned efer_nx:1;
		unsigned cr0_wp:1;
		unsigned ad_disabled:1;
		unsigned guest_mode:1;
		unsigned is_mirror:1;
		unsigned cr4_smep:1;
		unsigned:9;
		unsigned smm:8;
		unsigned invalid:1;
	};
};

union kvm_cpu_role {
	u64 as_u64;
	struct {
		union kvm_mmu_page_role base;
	};
};

struct kvm_mmu_root_info {
	gpa_t pgd;
	hpa_t hpa;
};

#define KVM_MMU_ROOT_INFO_INVALID \
	((struct kvm_mmu_root_info) { .pgd = INVALID_PAGE, .hpa = INVALID_PAGE })

#define KVM_MMU_NUM_PREV_ROOTS 1
#define KVM_MMU_ROOT_CURRENT BIT(0)
#define KVM_MMU_ROOT_PREVIOUS(i) BIT(1 + i)
#define KVM_MMU_ROOTS_ALL (BIT(1 + KVM_MMU_NUM_PREV_ROOTS) - 1)

struct kvm_mmu_page;
struct kvm_page_fault;

struct kvm_mmu {
	int (*page_fault)(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault);
	struct kvm_mmu_root_info root;
	hpa_t mirror_root_hpa;
	union kvm_mmu_page_role root_role;
	struct kvm_mmu_root_info prev_roots[KVM_MMU_NUM_PREV_ROOTS];
};

struct kvm_lapic {
	bool apicv_active;
};

/* vcpu->arch.hflags */
#define HF_SMM_MASK (1 << 1)

struct kvm_vcpu_arch {
	u32 hflags;
	struct kvm_mmu *mmu;
	struct kvm_mmu root_mmu;
	struct kvm_mmu guest_mmu;
	struct kvm_mmu_memory_cache mmu_shadow_page_cache;
	struct kvm_mmu_memory_cache mmu_page_header_cache;
	struct kvm_mmu_memory_cache mmu_external_spt_cache;
	u64 mmio_gen;
	gfn_t mmio_gfn;
	int mp_state;
	/* the guest has an event waiting: kvm_vcpu_has_events() */
	bool event_pending;
	/* the kernel has a pointer */
	struct kvm_lapic apic[1];
	/* SEV-ES: the registers are encrypted from here on */
	bool guest_state_protected;
	unsigned int last_vmentry_cpu;
	/* those that a hypercall passes arguments in */
	unsigned long regs[1];
	int (*complete_userspace_io)(struct kvm_vcpu *vcpu);
};

#define VCPU_REGS_RAX 0

#define KVM_MP_STATE_RUNNABLE 0
#define KVM_MP_STATE_HALTED 3

struct kvm_vcpu {
	struct kvm *kvm;
	int cpu;
	int vcpu_id;
	int vcpu_idx;
	int ____srcu_idx;
	int srcu_depth;
	int mode;
	u64 requests;
	struct mutex mutex;
	struct kvm_run *run;
	bool wants_to_run;
	struct kvm_vcpu_arch arch;
	struct kvm_memory_slot *last_used_slot;
	u64 last_used_slot_gen;
	/* the guest that this vCPU runs: driver.h */
	struct guest_program *guest;
};

/* ---- memslots ---- */
struct kvm_lpage_info {
	int disallow_lpage;
};

struct kvm_arch_memory_slot {
	struct kvm_lpage_info *lpage_info[KVM_NR_PAGE_SIZES - 1];
};

struct kvm_memory_slot {
	gfn_t base_gfn;
	unsigned long npages;
	unsigned long *dirty_bitmap;
	struct kvm_arch_memory_slot arch;
	unsigned long userspace_addr;
	u32 flags;
	short id;
	u16 as_id;
	/* tagged, so that the machine can look into it by name */
	struct kvm_memory_slot_gmem {
		struct file *file;
		pgoff_t pgoff;
	} gmem;
};

/*
 * One of the two sets of an address space. The kernel keeps a hash, a tree by gfn and one by hva;
 * here one array ordered by gfn serves all three.
 */
struct kvm_memslots {
	u64 generation;
	int node_idx;
	int nr_slots;
	struct kvm_memory_slot *gfn_tree[KVM_MEM_SLOTS_NUM];
};

/* ---- the VM ---- */
struct kvm_arch {
	unsigned long vm_type;
	u8 mmu_valid_gen;
	bool has_private_mem;
	bool has_protected_state;
	bool pre_fault_allowed;
	u64 shadow_mmio_value;
	gfn_t gfn_direct_bits;
	u64 disabled_quirks;
	/* hypercalls that user space answers, one bit each */
	u64 hypercall_exit_enabled;
	bool disable_nx_huge_pages;
	atomic_t noncoherent_dma_count;
	struct rw_semaphore apicv_update_lock;
	unsigned long apicv_inhibit_reasons;
	struct list_head active_mmu_pages;
	struct list_head tdp_mmu_roots;
	struct list_head possible_nx_huge_pages;
	spinlock_t tdp_mmu_pages_lock;
	atomic64_t tdp_mmu_pages;
};

struct kvm {
	rwlock_t mmu_lock;
	struct mutex slots_lock;
	struct mutex slots_arch_lock;
	struct mm_struct *mm;
	unsigned long nr_memslot_pages;
	struct kvm_memslots __memslots[KVM_MAX_NR_ADDRESS_SPACES][2];
	struct kvm_memslots *memslots[KVM_MAX_NR_ADDRESS_SPACES];
	struct kvm_vcpu *vcpu_array[KVM_MAX_VCPUS];
	atomic_t nr_memslots_dirty_logging;
	spinlock_t mn_invalidate_lock;
	unsigned long mn_active_invalidate_count;
	struct rcuwait mn_memslots_update_rcuwait;
	atomic_t online_vcpus;
	int max_vcpus;
	int created_vcpus;
	struct mutex lock;
	struct kvm_arch arch;
	refcount_t users_count;
	struct mmu_notifier mmu_notifier;
	unsigned long mmu_invalidate_seq;
	long mmu_invalidate_in_progress;
	gfn_t mmu_invalidate_range_start;
	gfn_t mmu_invalidate_range_end;
	unsigned long gpc_invalidate_seq;
	struct srcu_struct srcu;
	bool vm_bugged;
	bool vm_dead;
	struct xarray mem_attr_array;
};

#define kvm_arch_has_private_mem(kvm) ((kvm)->arch.has_private_mem)
#define kvm_arch_has_readonly_mem(kvm) (!(kvm)->arch.has_protected_state)
#ifdef CONFIG_KVM_SMM
/* guests with private memory have no SMM */
#define kvm_arch_nr_memslot_as_ids(kvm) (kvm_arch_has_private_mem(kvm) ? 1 : 2)
#define kvm_arch_vcpu_memslots_id(vcpu) ((vcpu)->arch.hflags & HF_SMM_MASK ? 1 : 0)
#define kvm_memslots_for_spte_role(kvm, role) __kvm_memslots(kvm, (role).smm)
#endif

/* ---- what a vendor module provides ---- */
struct kvm_x86_ops {
	unsigned int vm_size;
	unsigned int vcpu_size;
	unsigned long required_apicv_inhibits;
	int (*vm_init)(struct kvm *kvm);
	void (*vm_pre_destroy)(struct kvm *kvm);
	void (*vm_destroy)(struct kvm *kvm);
	int (*vcpu_create)(struct kvm_vcpu *vcpu);
	void (*vcpu_free)(struct kvm_vcpu *vcpu);
	void (*vcpu_reset)(struct kvm_vcpu *vcpu, bool init_event);
	void (*vcpu_load)(struct kvm_vcpu *vcpu, int cpu);
	void (*prepare_switch_to_guest)(struct kvm_vcpu *vcpu);
	void (*load_mmu_pgd)(struct kvm_vcpu *vcpu, hpa_t root_hpa, int root_level);
	void (*flush_tlb_all)(struct kvm_vcpu *vcpu);
	void (*flush_tlb_current)(struct kvm_vcpu *vcpu);
	void (*flush_tlb_guest)(struct kvm_vcpu *vcpu);
	fastpath_t (*vcpu_run)(struct kvm_vcpu *vcpu, u64 run_flags);
	int (*handle_exit)(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath);
	void (*refresh_apicv_exec_ctrl)(struct kvm_vcpu *vcpu);
	int (*set_external_spte)(struct kvm *kvm, gfn_t gfn, u64 old_spte, u64 new_spte, enum pg_level level);
	void (*free_external_spt)(struct kvm *kvm, struct kvm_mmu_page *sp);
	void (*guest_memory_reclaimed)(struct kvm *kvm);
	void (*reload_vmsa)(struct kvm_vcpu *vcpu);
	int (*gmem_make_private)(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn, kvm_pfn_t nr_pages);
	void (*gmem_make_shared)(kvm_pfn_t pfn, kvm_pfn_t nr_pages);
	void (*gmem_invalidate_range)(struct kvm *kvm, struct kvm_gfn_range *range);
	int (*gmem_max_mapping_level)(struct kvm *kvm, kvm_pfn_t pfn, bool is_private);
};

extern struct kvm_x86_ops kvm_x86_ops;
#define kvm_x86_call(func) kvm_x86_ops.func

struct kvm_host_values {
	u8 maxphyaddr;
};
extern struct kvm_host_values kvm_host;

struct kvm_caps {
	u64 supported_quirks;
	u64 inapplicable_quirks;
};
extern struct kvm_caps kvm_caps;
extern bool enable_apicv;

/* no VMM of the model asks for KVM_DIRTY_LOG_INITIALLY_SET */
static inline bool kvm_dirty_log_manual_protect_and_init_set(struct kvm *kvm)
{
	return false;
}

static inline bool kvm_check_has_quirk(struct kvm *kvm, u64 quirk)
{
	return !(kvm->arch.disabled_quirks & quirk);
}

/* ---- requests: one bit each in vcpu->requests ---- */
static inline void __kvm_make_request(int req, struct kvm_vcpu *vcpu)
{
	/* the reason for the request is published before the request */
	smp_wmb();
	set_bit(req & KVM_REQUEST_MASK, (void *)&vcpu->requests);
}

static inline void kvm_make_request(int req, struct kvm_vcpu *vcpu)
{
	__kvm_make_request(req, vcpu);
}

static inline bool kvm_request_pending(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests);
}

static inline bool kvm_test_request(int req, struct kvm_vcpu *vcpu)
{
	return test_bit(req & KVM_REQUEST_MASK, (void *)&vcpu->requests);
}

static inline void kvm_clear_request(int req, struct kvm_vcpu *vcpu)
{
	clear_bit(req & KVM_REQUEST_MASK, (void *)&vcpu->requests);
}

static inline bool kvm_check_request(int req, struct kvm_vcpu *vcpu)
{
	if (kvm_test_request(req, vcpu)) {
		kvm_clear_request(req, vcpu);
		smp_mb();
		return true;
	} else {
		return false;
	}
}

bool kvm_make_all_cpus_request(struct kvm *kvm, unsigned int req);
void __kvm_vcpu_kick(struct kvm_vcpu *vcpu, bool wait);

static inline void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
{
	__kvm_vcpu_kick(vcpu, false);
}

static inline void kvm_make_request_and_kick(unsigned int req, struct kvm_vcpu *vcpu)
{
	kvm_make_request(req, vcpu);
	__kvm_vcpu_kick(vcpu, req & KVM_REQUEST_WAIT);
}

/* Ask a vCPU to leave; tells where it was. Pairs with the mode switch in vcpu_enter_guest(). */
static inline int kvm_vcpu_exiting_guest_mode(struct kvm_vcpu *vcpu)
{
	smp_mb();
	return cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE);
}

/* ---- a VM that is given up ---- */
static inline void kvm_vm_dead(struct kvm *kvm)
{
	kvm->vm_dead = true;
	kvm_make_all_cpus_request(kvm, KVM_REQ_VM_DEAD);
}

static inline void kvm_vm_bugged(struct kvm *kvm)
{
	kvm->vm_bugged = true;
	kvm_vm_dead(kvm);
}

#define KVM_BUG_ON(cond, kvm) \
({ \
	bool __ret = !!(cond); \
	if (WARN_ON_ONCE(__ret && !(kvm)->vm_bugged)) \
		kvm_vm_bugged(kvm); \
	unlikely(__ret); \
})
#define KVM_BUG(cond, kvm, fmt...) KVM_BUG_ON(cond, kvm)

static inline void kvm_vcpu_srcu_read_lock(struct kvm_vcpu *vcpu)
{
	WARN_ONCE(vcpu->srcu_depth++, "taken twice");
	vcpu->____srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
}

static inline void kvm_vcpu_srcu_read_unlock(struct kvm_vcpu *vcpu)
{
	srcu_read_unlock(&vcpu->kvm->srcu, vcpu->____srcu_idx);
	WARN_ONCE(--vcpu->srcu_depth, "dropped while nested");
}

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	int num_vcpus = atomic_read(&kvm->online_vcpus);

	if (i >= num_vcpus)
		return NULL;
	return kvm->vcpu_array[i];
}

/* vCPUs are created before the threads of a scenario start: no marked access needed. */
#define kvm_for_each_vcpu(idx, vcpup, kvm) \
	for (idx = 0; \
	     idx < (kvm)->online_vcpus.counter && ({ vcpup = (kvm)->vcpu_array[idx]; 1; }); \
	     idx++)

static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		if (vcpu->vcpu_id == id)
			return vcpu;

	return NULL;
}

int kvm_lock_all_vcpus(struct kvm *kvm);
void kvm_unlock_all_vcpus(struct kvm *kvm);
void kvm_destroy_vcpus(struct kvm *kvm);
void kvm_get_kvm(struct kvm *kvm);
void kvm_put_kvm(struct kvm *kvm);
struct kvm_vcpu *kvm_get_running_vcpu(void);
void vcpu_load(struct kvm_vcpu *vcpu);
void vcpu_put(struct kvm_vcpu *vcpu);

/* ---- finding memslots ---- */
static inline struct kvm_memslots *__kvm_memslots(struct kvm *kvm, int as_id)
{
	lockdep_assert_once(srcu_read_lock_held(&kvm->srcu) ||
			    lockdep_is_held(&kvm->slots_lock) ||
			    !kvm->users_count.refs);
	return READ_ONCE(kvm->memslots[as_id]);
}

static inline struct kvm_memslots *kvm_memslots(struct kvm *kvm)
{
	return __kvm_memslots(kvm, 0);
}

static inline struct kvm_memslots *kvm_vcpu_memslots(struct kvm_vcpu *vcpu)
{
	int as_id = kvm_arch_vcpu_memslots_id(vcpu);

	return __kvm_memslots(vcpu->kvm, as_id);
}

static inline struct kvm_memory_slot *id_to_memslot(struct kvm_memslots *slots, int id)
{
	struct kvm_memory_slot *slot;
	int i;

	for (i = 0; i < slots->nr_slots; i++) {
		slot = slots->gfn_tree[i];
		if (slot->id == id)
			return slot;
	}

	return NULL;
}

struct kvm_memslot_iter {
	struct kvm_memslots *slots;
	int node;
	struct kvm_memory_slot *slot;
};

static inline void kvm_memslot_iter_next(struct kvm_memslot_iter *iter)
{
	iter->node++;
	iter->slot = iter->node < iter->slots->nr_slots ? iter->slots->gfn_tree[iter->node] : NULL;
}

static inline void kvm_memslot_iter_start(struct kvm_memslot_iter *iter,
					  struct kvm_memslots *slots,
					  gfn_t start)
{
	iter->slots = slots;
	iter->node = -1;
	kvm_memslot_iter_next(iter);
	while (iter->slot && iter->slot->base_gfn + iter->slot->npages <= start)
		kvm_memslot_iter_next(iter);
}

static inline bool kvm_memslot_iter_is_valid(struct kvm_memslot_iter *iter, gfn_t end)
{
	if (!iter->slot)
		return false;

	return iter->slot->base_gfn < end;
}

#define kvm_for_each_memslot_in_gfn_range(iter, slots, start, end) \
	for (kvm_memslot_iter_start(iter, slots, start); \
	     kvm_memslot_iter_is_valid(iter, end); \
	     kvm_memslot_iter_next(iter))

static inline struct kvm_memory_slot *
try_get_memslot(struct kvm_memory_slot *slot, gfn_t gfn)
{
	if (!slot)
		return NULL;

	if (gfn >= slot->base_gfn && gfn < slot->base_gfn + slot->npages)
		return slot;
	else
		return NULL;
}

static inline struct kvm_memory_slot *
search_memslots(struct kvm_memslots *slots, gfn_t gfn, bool approx)
{
	struct kvm_memory_slot *slot;
	int i;

	for (i = 0; i < slots->nr_slots; i++) {
		slot = try_get_memslot(slots->gfn_tree[i], gfn);
		if (slot)
			return slot;
	}

	return NULL;
}

static inline struct kvm_memory_slot *
__gfn_to_memslot(struct kvm_memslots *slots, gfn_t gfn)
{
	return search_memslots(slots, gfn, false);
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm *kvm, gfn_t gfn);
struct kvm_memory_slot *kvm_vcpu_gfn_to_memslot(struct kvm_vcpu *vcpu, gfn_t gfn);

static inline unsigned long
__gfn_to_hva_memslot(const struct kvm_memory_slot *slot, gfn_t gfn)
{
	return slot->userspace_addr + (gfn - slot->base_gfn) * PAGE_SIZE;
}

static inline gfn_t
hva_to_gfn_memslot(unsigned long hva, struct kvm_memory_slot *slot)
{
	gfn_t gfn_offset = (hva - slot->userspace_addr) >> PAGE_SHIFT;

	return slot->base_gfn + gfn_offset;
}

static inline bool kvm_slot_has_gmem(const struct kvm_memory_slot *slot)
{
	return slot && (slot->flags & KVM_MEM_GUEST_MEMFD);
}

static inline bool kvm_slot_dirty_track_enabled(const struct kvm_memory_slot *slot)
{
	return slot->flags & KVM_MEM_LOG_DIRTY_PAGES;
}

static inline bool kvm_memslot_is_gmem_only(const struct kvm_memory_slot *slot)
{
	if (!IS_ENABLED(CONFIG_KVM_GUEST_MEMFD))
		return false;

	return slot->flags & KVM_MEMSLOT_GMEM_ONLY;
}

enum kvm_mr_change {
	KVM_MR_CREATE,
	KVM_MR_DELETE,
	KVM_MR_MOVE,
	KVM_MR_FLAGS_ONLY,
};

/* ---- invalidation: is a fault that looked at `mmu_seq` still good? ---- */
static inline int mmu_invalidate_retry(struct kvm *kvm, unsigned long mmu_seq)
{
	if (unlikely(kvm->mmu_invalidate_in_progress))
		return 1;

	smp_rmb();
	if (kvm->mmu_invalidate_seq != mmu_seq)
		return 1;
	return 0;
}

static inline int mmu_invalidate_retry_gfn(struct kvm *kvm,
					   unsigned long mmu_seq,
					   gfn_t gfn)
{
	lockdep_assert_held(&kvm->mmu_lock);
	/*
	 * The counter says that some range is being invalidated, the range says whether it is ours.
	 * Both are stable: whoever changes them holds mmu_lock for write.
	 */
	if (unlikely(kvm->mmu_invalidate_in_progress)) {
		if (WARN_ON_ONCE(kvm->mmu_invalidate_range_start == INVALID_GPA ||
				 kvm->mmu_invalidate_range_end == INVALID_GPA))
			return 1;

		if (gfn >= kvm->mmu_invalidate_range_start &&
		    gfn < kvm->mmu_invalidate_range_end)
			return 1;
	}

	if (kvm->mmu_invalidate_seq != mmu_seq)
		return 1;
	return 0;
}

/* Without mmu_lock: a hint that saves work; only the locked check decides. */
static inline bool mmu_invalidate_retry_gfn_unsafe(struct kvm *kvm,
						   unsigned long mmu_seq,
						   gfn_t gfn)
{
	if (unlikely(READ_ONCE(kvm->mmu_invalidate_in_progress)) &&
	    gfn >= kvm->mmu_invalidate_range_start &&
	    gfn < kvm->mmu_invalidate_range_end)
		return true;

	return READ_ONCE(kvm->mmu_invalidate_seq) != mmu_seq;
}

void kvm_mmu_invalidate_start(struct kvm *kvm);
void kvm_mmu_invalidate_range_add(struct kvm *kvm, gfn_t start, gfn_t end);
void kvm_mmu_invalidate_end(struct kvm *kvm);
bool kvm_mmu_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range);

void kvm_flush_remote_tlbs(struct kvm *kvm);
void kvm_flush_remote_tlbs_range(struct kvm *kvm, gfn_t gfn, u64 nr_pages);
void kvm_flush_remote_tlbs_memslot(struct kvm *kvm,
				   const struct kvm_memory_slot *memslot);

/* ---- private memory ---- */
static inline void kvm_prepare_memory_fault_exit(struct kvm_vcpu *vcpu,
						 gpa_t gpa, gpa_t size,
						 bool is_write, bool is_exec,
						 bool is_private)
{
	vcpu->run->exit_reason = KVM_EXIT_MEMORY_FAULT;
	vcpu->run->memory_fault.gpa = gpa;
	vcpu->run->memory_fault.size = size;

	vcpu->run->memory_fault.flags = 0;
	if (is_private)
		vcpu->run->memory_fault.flags |= KVM_MEMORY_EXIT_FLAG_PRIVATE;
}

static inline unsigned long kvm_get_memory_attributes(struct kvm *kvm, gfn_t gfn)
{
	return xa_to_value(xa_load(&kvm->mem_attr_array, gfn));
}

bool kvm_range_has_memory_attributes(struct kvm *kvm, gfn_t start, gfn_t end,
				     unsigned long mask, unsigned long attrs);
bool kvm_arch_pre_set_memory_attributes(struct kvm *kvm,
					struct kvm_gfn_range *range);
bool kvm_arch_post_set_memory_attributes(struct kvm *kvm,
					 struct kvm_gfn_range *range);

static inline bool kvm_mem_is_private(struct kvm *kvm, gfn_t gfn)
{
	return kvm_get_memory_attributes(kvm, gfn) & KVM_MEMORY_ATTRIBUTE_PRIVATE;
}

int kvm_gmem_get_pfn(struct kvm *kvm, struct kvm_memory_slot *slot,
		     gfn_t gfn, kvm_pfn_t *pfn, struct page **page,
		     int *max_order);
typedef int (*kvm_gmem_populate_cb)(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn,
				    struct page *page, void *opaque);
long kvm_gmem_populate(struct kvm *kvm, gfn_t start_gfn, void __user *src,
		       long npages, bool may_writeback_src,
		       kvm_gmem_populate_cb post_populate, void *opaque);
int kvm_gmem_create(struct kvm *kvm, struct kvm_create_guest_memfd *args);
bool kvm_arch_supports_gmem_init_shared(struct kvm *kvm);
int kvm_arch_gmem_make_private(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn,
			       kvm_pfn_t nr_pages);
void kvm_arch_gmem_reclaim(kvm_pfn_t pfn, kvm_pfn_t nr_pages);
void kvm_arch_gmem_invalidate_range(struct kvm *kvm, struct kvm_gfn_range *range);

static inline u64 kvm_gmem_get_supported_flags(struct kvm *kvm)
{
	u64 flags = GUEST_MEMFD_FLAG_MMAP;

	if (!kvm || kvm_arch_supports_gmem_init_shared(kvm))
		flags |= GUEST_MEMFD_FLAG_INIT_SHARED;

	return flags;
}

int kvm_gmem_prepare_memory_region(struct kvm *kvm, struct kvm_memory_slot *slot,
				   unsigned int fd, u64 offset);
int kvm_gmem_commit_memory_region(struct kvm *kvm, struct kvm_memory_slot *slot);
void kvm_gmem_unbind(struct kvm_memory_slot *slot);

/* ---- the log of dirty pages ---- */
#define BITS_PER_LONG 64
#define ALIGN(x, a) (((x) + (a) - 1) & ~((typeof(x))(a) - 1))

/* the lowest bit that is set, of which there is one */
static inline unsigned long __ffs(unsigned long word)
{
	unsigned long bit = 0;

	while (!(word & (1UL << bit)))
		bit++;
	return bit;
}

struct kvm_dirty_log {
	u32 slot;
	void *dirty_bitmap;
};

static inline unsigned long kvm_dirty_bitmap_bytes(struct kvm_memory_slot *memslot)
{
	return ALIGN(memslot->npages, BITS_PER_LONG) / 8;
}

static inline unsigned long *kvm_second_dirty_bitmap(struct kvm_memory_slot *memslot)
{
	unsigned long len = kvm_dirty_bitmap_bytes(memslot);

	return memslot->dirty_bitmap + len / sizeof(*memslot->dirty_bitmap);
}

void mark_page_dirty_in_slot(struct kvm *kvm,
			     const struct kvm_memory_slot *memslot,
			     gfn_t gfn);
int kvm_vm_ioctl_get_dirty_log(struct kvm *kvm, struct kvm_dirty_log *log);
void kvm_arch_sync_dirty_log(struct kvm *kvm, struct kvm_memory_slot *memslot);
void kvm_arch_mmu_enable_log_dirty_pt_masked(struct kvm *kvm,
				struct kvm_memory_slot *slot,
				gfn_t gfn_offset, unsigned long mask);

/* ---- host memory behind shared gfns ---- */
struct kvm_follow_pfn {
	const struct kvm_memory_slot *slot;
	const gfn_t gfn;
	unsigned long hva;
	unsigned int flags;
	bool pin;
	bool *map_writable;
	struct page **refcounted_page;
};

kvm_pfn_t hva_to_pfn(struct kvm_follow_pfn *kfp);
kvm_pfn_t __kvm_faultin_pfn(const struct kvm_memory_slot *slot, gfn_t gfn,
			    unsigned int foll, bool *writable,
			    struct page **refcounted_page);

/* A page of the guest that KVM itself works on, pinned. */
struct kvm_host_map {
	struct page *pinned_page;
	struct page *page;
	void *hva;
	kvm_pfn_t pfn;
	kvm_pfn_t gfn;
	bool writable;
};

int __kvm_vcpu_map(struct kvm_vcpu *vcpu, gfn_t gfn, struct kvm_host_map *map,
		   bool writable);
void kvm_vcpu_unmap(struct kvm_vcpu *vcpu, struct kvm_host_map *map);

static inline int kvm_vcpu_map(struct kvm_vcpu *vcpu, gpa_t gpa,
			       struct kvm_host_map *map)
{
	return __kvm_vcpu_map(vcpu, gpa, map, true);
}

static inline void kvm_release_faultin_page(struct kvm *kvm, struct page *page,
					    bool unused, bool dirty)
{
	lockdep_assert_once(lockdep_is_held(&kvm->mmu_lock) || unused);

	if (!page)
		return;

	put_page(page);
}

#define kvm_release_page_unused(page) put_page(page)
#define kvm_release_page_clean(page) put_page(page)

/* ---- between generic and x86 code ---- */
int kvm_arch_init_vm(struct kvm *kvm, unsigned long type);
void kvm_arch_pre_destroy_vm(struct kvm *kvm);
void kvm_arch_destroy_vm(struct kvm *kvm);
int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu);
void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu);
void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu);
void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu);
int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu);
long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu,
				    struct kvm_pre_fault_memory *range);
void kvm_arch_flush_shadow_all(struct kvm *kvm);
void kvm_arch_flush_shadow_memslot(struct kvm *kvm,
				   struct kvm_memory_slot *slot);
void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *slot);
void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen);
int kvm_arch_prepare_memory_region(struct kvm *kvm,
				const struct kvm_memory_slot *old,
				struct kvm_memory_slot *new,
				enum kvm_mr_change change);
void kvm_arch_commit_memory_region(struct kvm *kvm,
				struct kvm_memory_slot *old,
				const struct kvm_memory_slot *new,
				enum kvm_mr_change change);
void kvm_arch_guest_memory_reclaimed(struct kvm *kvm);
void kvm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event);

static inline void kvm_set_mp_state(struct kvm_vcpu *vcpu, int mp_state)
{
	vcpu->arch.mp_state = mp_state;
}

static inline bool user_exit_on_hypercall(struct kvm *kvm, unsigned long hc_nr)
{
	return kvm->arch.hypercall_exit_enabled & BIT(hc_nr);
}

/* what user space may have answered */
static inline bool kvm_is_valid_map_gpa_range_ret(u64 hypercall_ret)
{
	return !hypercall_ret || hypercall_ret == EINVAL ||
	       hypercall_ret == EAGAIN;
}

void kvm_arch_register_noncoherent_dma(struct kvm *kvm);
void kvm_arch_unregister_noncoherent_dma(struct kvm *kvm);
void kvm_service_local_tlb_flush_requests(struct kvm_vcpu *vcpu);
bool kvm_vcpu_has_events(struct kvm_vcpu *vcpu);

enum kvm_apicv_inhibit {
	APICV_INHIBIT_REASON_DISABLED,
	APICV_INHIBIT_REASON_HYPERV,
	APICV_INHIBIT_REASON_ABSENT,
	APICV_INHIBIT_REASON_BLOCKIRQ,
	APICV_INHIBIT_REASON_SEV,
};

void kvm_set_or_clear_apicv_inhibit(struct kvm *kvm,
				    enum kvm_apicv_inhibit reason, bool set);
bool kvm_apicv_activated(struct kvm *kvm);

static inline void kvm_set_apicv_inhibit(struct kvm *kvm,
					 enum kvm_apicv_inhibit reason)
{
	kvm_set_or_clear_apicv_inhibit(kvm, reason, true);
}

#define KVM_MMU_LOCK(kvm) write_lock(&(kvm)->mmu_lock)
#define KVM_MMU_UNLOCK(kvm) write_unlock(&(kvm)->mmu_lock)

#endif
