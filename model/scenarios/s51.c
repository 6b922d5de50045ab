/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S51: a shared gfn is mapped, prefaulted once more, and its memslot deleted.
 */
#include "driver.h"

void s51_setup(int vm_type)
{
	setup_create(vm_type);
	setup_vcpu();
	setup_slot(0, 0, 1, -1, 0);
	setup_ready();
	setup_touch_shared(0, 0);
}

void s51_prefault(void)
{
	vmm_prefault(0, 0, 1);
}

void s51_vmm(void)
{
	vmm_delete_slot(0);
}
