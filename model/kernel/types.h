/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of the rest of the kernel that KVM's records have members of, or name. One that is only a
 * place in a record is opaque: using what is in it ends the path as not understood.
 */
#ifndef __KERNEL_TYPES_H
#define __KERNEL_TYPES_H

typedef s8 __s8; typedef u8 __u8; typedef s16 __s16; typedef u16 __u16;
typedef s32 __s32; typedef u32 __u32; typedef s64 __s64; typedef u64 __u64;
typedef u8 uint8_t; typedef u16 uint16_t; typedef u32 uint32_t; typedef u64 uint64_t;
typedef s8 int8_t; typedef s16 int16_t; typedef s32 int32_t; typedef s64 int64_t;
typedef u16 __le16; typedef u32 __le32; typedef u64 __le64;
typedef unsigned int uint; typedef unsigned long ulong; typedef unsigned short ushort; typedef unsigned char unchar;
typedef unsigned long uintptr_t;
typedef u64 phys_addr_t; typedef u64 resource_size_t; typedef u64 dma_addr_t; typedef u64 sector_t;
typedef s64 ktime_t; typedef s64 time64_t; typedef u64 uoff_t;
typedef int pid_t; typedef unsigned short umode_t; typedef unsigned int uid_t; typedef u32 dev_t;
typedef unsigned int vm_fault_t; typedef unsigned long vm_flags_t; typedef unsigned int fmode_t; typedef unsigned int fgf_t;
typedef unsigned int __poll_t; typedef unsigned int vm_flags_low_t;
typedef struct { s64 counter; } atomic_long_t;
typedef struct { unsigned long sig[1]; } sigset_t;
typedef int __kernel_pid_t;
typedef struct { int val; } kuid_t;
typedef struct { u64 pte; } pte_t; typedef struct { u64 pmd; } pmd_t; typedef struct { u64 pud; } pud_t;
typedef struct { u64 p4d; } p4d_t; typedef struct { u64 pgd; } pgd_t;
typedef u64 pteval_t;
typedef struct { u64 pgprot; } pgprot_t;
typedef struct cpumask cpumask_t;
typedef struct cpumask cpumask_var_t[1];
typedef spinlock_t raw_spinlock_t;
typedef struct { u32 sequence; } seqcount_t;
typedef seqcount_t seqcount_raw_spinlock_t; typedef seqcount_t seqcount_spinlock_t; typedef seqcount_t seqcount_mutex_t;
typedef void cpu_emergency_virt_cb(void);
typedef struct { u64 counter; } local_t;
typedef u32 nodemask_t;
typedef struct { u64 value; } swp_entry_t;

#define __opaque(name, words) struct name { u64 __opaque[words]; }
struct fpu_guest { struct fpstate *fpstate; };
 __opaque(hrtimer, 4); __opaque(timer_list, 4); __opaque(work_struct, 4);
__opaque(delayed_work, 4); __opaque(ratelimit_state, 2); __opaque(notifier_block, 4); __opaque(once, 1);
__opaque(idr, 4); __opaque(irq_work, 4); __opaque(dentry, 2); __opaque(module, 1); __opaque(device, 1);
__opaque(kvm_pit_state2_unused, 1); __opaque(pvclock_vcpu_time_info, 4); __opaque(kfifo, 4);
__opaque(perf_event_attr, 1); __opaque(x86_pmu_capability, 8); __opaque(x86_pmu_lbr, 4); __opaque(desc_struct, 1);
__opaque(desc_ptr, 2); __opaque(user_return_notifier, 2); __opaque(static_key_false, 1); __opaque(static_key, 1);
__opaque(static_key_true, 1); __opaque(static_key_false_deferred, 1); __opaque(list_lru, 2);
__opaque(swait_queue_head, 4); __opaque(wait_queue_entry, 4); __opaque(poll_table_struct, 2); __opaque(percpu_counter, 2);
__opaque(pt_regs, 24); __opaque(rcu_work, 4); __opaque(vhost_task, 1); __opaque(ldttss_desc, 2); __opaque(syscore_ops, 4);
 __opaque(kstatfs, 1);
__opaque(irq_bypass_producer, 4); __opaque(irq_bypass_consumer, 8); __opaque(kvm_pit, 1); 
__opaque(hv_message, 1); __opaque(hv_vp_assist_page, 1); __opaque(hv_vmcb_enlightenments, 4);
typedef struct { u64 __opaque[4]; } wait_queue_head_t;
typedef struct { u64 __opaque[4]; } wait_queue_entry_t;
typedef struct poll_table_struct poll_table;

struct cpuinfo_x86 { u8 x86; u8 x86_phys_bits; u8 x86_cache_bits; u8 x86_virt_bits; u32 extended_cpuid_level; };
extern struct cpuinfo_x86 boot_cpu_data;
/* Hyper-V's and devices' places in KVM's records */
union hv_stimer_config { u64 as_uint64; };
#define HV_SYNIC_SINT_COUNT 16
#define HV_SYNIC_STIMER_COUNT 4
#define HV_MAX_SPARSE_VCPU_BANKS 1
#define DECLARE_KFIFO(name, type, size) struct kfifo name
struct kobj_uevent_env { char *envp[4]; int envp_idx; };
struct shrink_control { gfp_t gfp_mask; unsigned long nr_to_scan; };
struct shrinker {
	unsigned long (*count_objects)(struct shrinker *s, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *s, struct shrink_control *sc);
	int seeks;
};
struct pid;
struct thread_struct { unsigned long gsbase; };
struct follow_pfnmap_args { struct vm_area_struct *vma; unsigned long address; unsigned long pfn; pgprot_t pgprot; bool writable; bool special; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };
struct rb_node { struct rb_node *__parent, *rb_right, *rb_left; };
struct rb_root { struct rb_node *rb_node; };
struct rb_root_cached { struct rb_root rb_root; struct rb_node *rb_leftmost; };
struct interval_tree_node { struct rb_node rb; unsigned long start, last; unsigned long __subtree_last; };
struct preempt_ops { void (*sched_in)(struct preempt_notifier *pn, int cpu); void (*sched_out)(struct preempt_notifier *pn, struct task_struct *next); };
struct preempt_notifier { struct preempt_ops *ops; };
struct kernel_param { void *arg; };
struct kernel_param_ops { unsigned int flags; int (*set)(const char *val, const struct kernel_param *kp); int (*get)(char *buf, const struct kernel_param *kp); void (*free)(void *arg); };

#endif
