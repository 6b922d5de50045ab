/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands for every kernel header that is not KVM's own. A tree's KVM sees the rest of the kernel
 * through this file alone.
 */
#ifndef __KERNEL_H
#define __KERNEL_H
#include "prelude.h"
#include "list.h"
#include "machine.h"
#include "words.h"
#include "types.h"
#include "mm.h"
#include "lib.h"
#include "x86.h"
#include "rest.h"
#include "sev.h"
#include <asm/processor-flags.h>
#include <asm/apicdef.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>

/* Small tables reach few gfns: the APIC's page is behind the last one that scenarios have. */
#undef APIC_DEFAULT_PHYS_BASE
#define APIC_DEFAULT_PHYS_BASE 0x1f000ULL
#endif
