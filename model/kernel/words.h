/* SPDX-License-Identifier: GPL-2.0-only */
/* Words that a kernel's C uses beside the language: attributes, sections, exports, module parameters. */
#ifndef __KERNEL_WORDS_H
#define __KERNEL_WORDS_H

#define asmlinkage
#define notrace
#define noinstr
#define noinline
#define noinline_for_stack
#define __noinline
#define __init
#define __noreturn
#define __MODULE_PARM_TYPE(a, b)
#define __exit
#define __initdata
#define __read_mostly
#define __ro_after_init
#define __force
#define __iomem
#define __percpu
#define __bitwise
#define __packed
#define __maybe_unused
#define __always_unused
#define __used
#define __cold
#define __pure
#define __weak __attribute__((__weak__))
#define __randomize_layout
#define __cacheline_aligned
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __aligned(x)
#define __printf(a, b)
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __counted_by(x)
#define __same_type(a, b) 1
#define __nocfi
#define __no_kcsan
#define __section(x)
#define __attribute_const__
#define __nonstring
#define fallthrough __attribute__((__fallthrough__))
#define asm_volatile_goto(x...)

#define EXPORT_SYMBOL(x)
#define EXPORT_SYMBOL_GPL(x)
#define EXPORT_SYMBOL_FOR_MODULES(x, m)
#define EXPORT_STATIC_CALL_GPL(x)
#define MODULE_AUTHOR(x)
#define MODULE_LICENSE(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_INFO(a, b)
#define MODULE_PARM_DESC(a, b)
#define MODULE_DEVICE_TABLE(a, b)
#define MODULE_ALIAS_MISCDEV(x)
#define module_param(name, type, perm)
#define module_param_named(name, value, type, perm)
#define module_param_cb(name, ops, arg, perm)
#define module_param_hw(name, type, hw, perm)
#define module_init(x)
#define module_exit(x)
#define THIS_MODULE ((struct module *)0)
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define DECLARE_STATIC_KEY_FALSE(x)
#define DEFINE_STATIC_KEY_FALSE(x)
#define ALLOW_ERROR_INJECTION(a, b)
#define BUILD_BUG() do { } while (0)
#define BUILD_BUG_ON_MSG(c, m) do { } while (0)
#define BUILD_BUG_ON_INVALID(c) do { } while (0)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n) do { } while (0)
#define BUILD_BUG_ON_ZERO(c) 0
#define static_assert(...) _Static_assert(1, "")
#define IS_BUILTIN(x) IS_ENABLED(x)
#define IS_REACHABLE(x) IS_ENABLED(x)
#define IS_MODULE(x) 0
#define CONCATENATE_(a, b) a##b
#define CONCATENATE(a, b) CONCATENATE_(a, b)
#define COUNT_ARGS(X...) __COUNT_ARGS(, ##X, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define __COUNT_ARGS(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _n, X...) _n
#define __UNIQUE_ID(p) CONCATENATE(__unique_##p, __LINE__)
#define struct_size(p, member, n) (sizeof(*(p)) + sizeof((p)->member[0]) * (n))
#define flex_array_size(p, member, n) (sizeof((p)->member[0]) * (n))
#define sizeof_field(T, m) sizeof(((T *)0)->m)
#define offsetofend(T, m) (offsetof(T, m) + sizeof_field(T, m))
#define DECLARE_FLEX_ARRAY(T, name) T name[0]
#define __DECLARE_FLEX_ARRAY(T, name) T name[0]
#define __struct_group(tag, name, attrs, members...) union { struct { members } attrs; struct tag { members } attrs name; }
#define struct_group(name, members...) __struct_group(, name, , members)
#define _AC(x, y) x##y
#define _UL(x) (x##UL)
#define _ULL(x) (x##ULL)
#define UL(x) (x##UL)
#define ULL(x) (x##ULL)
#define _BITUL(n) (1UL << (n))
#define _BITULL(n) (1ULL << (n))
#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BITS_PER_LONG_LONG 64
#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define BITS_PER_TYPE(t) (sizeof(t) * 8)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

/* ---- printing ---- */
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_INFO ""
#define KERN_DEBUG ""
#define pr_debug(...) do { } while (0)
#define pr_info(...) do { } while (0)
#define pr_info_once(...) do { } while (0)
#define pr_info_ratelimited(...) do { } while (0)
#define pr_warn_once(...) do { } while (0)
#define pr_warn_ratelimited(...) do { } while (0)
#define pr_err_once(...) do { } while (0)
#define pr_debug_ratelimited(...) do { } while (0)
#define printk_ratelimited(...) do { } while (0)
#define printk_once(...) do { } while (0)
#define no_printk(...) do { } while (0)
#define dump_stack() do { } while (0)

/* ---- user space's numbers ---- */
#define _IO(t, n) (((t) << 8) | (n))
#define _IOR(t, n, T) (0x80000000U | (sizeof(T) << 16) | ((t) << 8) | (n))
#define _IOW(t, n, T) (0x40000000U | (sizeof(T) << 16) | ((t) << 8) | (n))
#define _IOWR(t, n, T) (0xc0000000U | (sizeof(T) << 16) | ((t) << 8) | (n))
#define ENOTTY 25
#define ENODEV 19
#define ENXIO 6
#define E2BIG 7
#define EBADF 9
#define EACCES 13
#define EXDEV 18
#define EFBIG 27
#define ENOSPC 28
#define ERANGE 34
#define ENOSYS 38
#define EOVERFLOW 75
#define EBADFD 77
#define ETIMEDOUT 110
#define ERESTARTSYS 512
#define EDEADLK 35
#define EALREADY 114

#endif
