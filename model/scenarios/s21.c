/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S21: the fast zap against a vCPU with shared and private memory.
 */
#include "driver.h"

/* the accept is for TDs, the others need not */
static const struct guest_op s21_ops[] = {
	{ GUEST_OP_READ, 1, 1 },
	{ GUEST_OP_ACCEPT, 0, 0 },
};

/* An ordinary VM faults where there is no leaf yet: only the root tells the fault that it is late. */
static const struct guest_op s21_fault[] = {
	{ GUEST_OP_READ, 1, 0 },
};

void s21_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 1);
	setup_ready();
	setup_touch_shared(0, 1);
}

void s21_vcpu(void)
{
	if (the_vm->arch.vm_type == KVM_X86_DEFAULT_VM)
		vcpu_thread(0, s21_fault, ARRAY_SIZE(s21_fault), FAULT_STOP);
	else
		vcpu_thread(0, s21_ops, ARRAY_SIZE(s21_ops), FAULT_STOP);
}

void s21_vmm(void)
{
	vmm_toggle_nx_huge_pages();
	/*
	 * Sooner or later an interrupt comes. Without one a TD's local retry of a private fault never
	 * ends: it finds the direct root obsolete and does not load another.
	 */
	vmm_pend_event(0, true);
}
