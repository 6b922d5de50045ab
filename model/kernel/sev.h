/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only a tree's sev.c uses of the rest of the kernel, the RMP and the facilities around it
 * (edge/rmp.h) included.
 */
#ifndef __KERNEL_SEV_H
#define __KERNEL_SEV_H

#include "mm.h"
#include "lib.h"
#include "x86.h"
#include "rest.h"
#include "rmp.h"

/* ---- bits ---- */
#define find_next_bit(map, size, start) (size)
#define bitmap_xor(...) do { } while (0)
#define bitmap_zero(...) do { } while (0)

/* ---- the FPU's state of a vCPU that has not run ---- */
struct fxregs_state {
	u16 cwd, swd, twd, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u32 st_space[32], xmm_space[64];
};
struct xregs_state { struct fxregs_state i387; };
union fpregs_state { struct xregs_state xsave; };
struct fpstate { union fpregs_state regs; };
#define XFEATURE_YMM 2
#define get_xsave_addr(x, feature) ((void *)NULL)
#define print_hex_dump_debug(...) do { } while (0)

#define fdget(fd) class_fd_constructor(fd)
#define fdput(f) fput((f).file)
#define list_for_each_safe(pos, n, head) \
	for (pos = (head)->next, n = pos->next; pos != (head); pos = n, n = pos->next)

#endif
