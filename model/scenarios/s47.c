/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S47: the life of a VM, from its first page to its end, in one thread. Its steps, in order: pages come
 * (private and shared, by a fault and by a prefault, twice), go and come back in every way that user space
 * has; memslots come, are refused, and go; roots are replaced; the VM is destroyed.
 */
#include "driver.h"

static const struct guest_op s47_private_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
};

static const struct guest_op s47_shared_ops[] = {
	{ GUEST_OP_WRITE, 1, 1 },
};

static const struct guest_op s47_converted_ops[] = {
	{ GUEST_OP_WRITE, 1, 0 },
};

static const struct guest_op s47_both_ops[] = {
	{ GUEST_OP_READ, 0, 0 },
	{ GUEST_OP_READ, 1, 1 },
};

static const struct guest_op s47_late_ops[] = {
	{ GUEST_OP_WRITE, 1, 4 },
};

static const struct guest_op s47_last_ops[] = {
	{ GUEST_OP_ACCEPT, 0, 6 },
	{ GUEST_OP_WRITE, 0, 6 },
};

static int s47_type;

static void s47_private(int vcpu)
{
	vcpu_thread(vcpu, s47_private_ops, ARRAY_SIZE(s47_private_ops), FAULT_STOP);
}

static void s47_shared(int vcpu)
{
	vcpu_thread(vcpu, s47_shared_ops, ARRAY_SIZE(s47_shared_ops), FAULT_STOP);
}

static void s47_both(int vcpu)
{
	vcpu_thread(vcpu, s47_both_ops, ARRAY_SIZE(s47_both_ops), FAULT_STOP);
}

/* Both vCPUs come back into the guest, with the translations that nobody made them forget. */
static void s47_enter(void)
{
	vcpu_thread(0, NULL, 0, FAULT_STOP);
	vcpu_thread(1, NULL, 0, FAULT_STOP);
}

void s47_setup(int vm_type)
{
	int gmem;

	s47_type = vm_type;
	setup_create(vm_type);
	setup_vcpu();
	setup_vcpu();
	gmem = setup_gmem(4);
	setup_slot(0, 0, 3, gmem, 0);
	setup_slot(2, 6, 1, gmem, 3);
	setup_private(0, 1);
	setup_private(2, 1);
	setup_private(6, 1);
	setup_ready();
}

/* gfns 0 and 2 are private, gfn 1 is shared */
static void s47_pages(void)
{
	s47_private(0);
	s47_shared(0);
	s47_both(1);

	/* one that is there, one that is not */
	vmm_prefault(1, 0, 1);
	vmm_prefault(1, 2, 1);

	mm_take(1, 1, true);
	s47_enter();
	s47_shared(1);
	mm_take(1, 1, false);
	s47_enter();
	s47_shared(0);
}

static void s47_roots(void)
{
	vmm_toggle_nx_huge_pages();
	/* both vCPUs have lost their root, and what is private stays */
	s47_both(0);
	s47_both(1);
	vmm_noncoherent_dma(true);
	if (s47_type != KVM_X86_TDX_VM)
		vmm_apicv_inhibit(true);
	s47_both(0);
}

static void s47_conversions(void)
{
	vmm_set_shared(0, 1);
	s47_enter();
	vcpu_thread(0, s47_converted_ops, 1, FAULT_STOP);
	vmm_set_private(0, 1);
	s47_enter();
	s47_private(0);
	/* what is so already */
	vmm_set_private(0, 1);
	vmm_set_private(1, 1);
	vmm_set_shared(1, 1);
	s47_both(1);

	vmm_punch_hole(the_gmem, 0, 1);
	s47_enter();
	vmm_allocate(the_gmem, 0, 1);
	s47_private(1);
	vmm_memory_error(the_gmem, 2);
	s47_enter();
}

static void s47_slots(void)
{
	vmm_create_slot(1, 4, 1, -1, 0);
	vcpu_thread(1, s47_late_ops, 1, FAULT_STOP);
	vmm_log_dirty_pages(1);
	vcpu_thread(1, s47_late_ops, 1, FAULT_STOP);
	/* refused where memory can be private */
	vmm_log_dirty_pages(0);
	vmm_move_slot(1, 5);
	s47_enter();
	vmm_delete_slot(1);
	s47_enter();
	s47_both(0);
	vmm_delete_slot(0);
	s47_enter();
	mm_take(0, 2, true);
	if (the_gmem >= 0)
		vmm_punch_hole(the_gmem, 0, 3);
	host_reuse_page();
}

void s47_life(void)
{
	s47_pages();
	s47_roots();
	if (the_gmem >= 0)
		s47_conversions();
	s47_slots();

	/* the other memslot has a page, and both vCPUs have roots, when the VM goes */
	vcpu_thread(0, s47_last_ops, ARRAY_SIZE(s47_last_ops), FAULT_STOP);
	vcpu_thread(1, s47_last_ops, ARRAY_SIZE(s47_last_ops), FAULT_STOP);
	if (the_gmem >= 0) {
		vmm_close_gmem(the_gmem);
		vmm_set_shared(0, 7);
	}
	vmm_close_vm();
}
