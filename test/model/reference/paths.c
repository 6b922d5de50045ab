/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks of one thread, each through a part of the reference KVM that no scenario reaches: building and
 * destroying VMs, conversions asked for by the guest, failures of memory, inhibits, recovery.
 */
#include "driver.h"

static const struct guest_op touch_0[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

static const struct guest_op touch_shared_1[] = {
	{ GUEST_OP_WRITE, 1, 1 },
	{ GUEST_OP_READ, 1, 1 },
};

static const struct guest_op round_trip[] = {
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_MAP_SHARED, 0, 0 },
	{ GUEST_OP_WRITE, 1, 0 },
	{ GUEST_OP_MAP_PRIVATE, 0, 0 },
	{ GUEST_OP_ACCEPT, 0, 0 },
	{ GUEST_OP_WRITE, 0, 0 },
	{ GUEST_OP_READ, 0, 0 },
};

static const struct guest_op mmio[] = {
	{ GUEST_OP_READ, 1, 8 },
	{ GUEST_OP_READ, 1, 8 },
};

void path_setup(int vm_type)
{
	setup_vm(vm_type, 2, 2);
}

/* A memslot that holds a whole huge page. */
void path_wide_setup(int vm_type)
{
	setup_vm(vm_type, 1, 4);
}

/* TDX: gfn 0 is part of the initial image. */
void path_image_setup(int vm_type)
{
	int gmem;

	setup_create(vm_type);
	setup_vcpu();
	gmem = setup_gmem(2);
	setup_slot(0, 0, 2, gmem, 0);
	setup_private(0, 2);
	setup_image_page(0);
	setup_ready();
}

/* A VM is used, and destroyed with everything in it. */
void path_destroy(void)
{
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	WARN_ON(vcpu_thread(0, touch_shared_1, ARRAY_SIZE(touch_shared_1), FAULT_CONVERT));
	WARN_ON(vcpu_thread(1, touch_0, 1, FAULT_STOP));
	vmm_close_gmem(the_gmem);
	vmm_close_vm();
}

/* The process exits first: its memory goes, then the descriptors. */
void path_exit(void)
{
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	WARN_ON(vcpu_thread(0, touch_shared_1, ARRAY_SIZE(touch_shared_1), FAULT_CONVERT));
	vmm_exit_mm();
	vmm_close_vm();
	vmm_close_gmem(the_gmem);
}

void path_round_trip(void)
{
	WARN_ON(vcpu_thread(0, round_trip, ARRAY_SIZE(round_trip), FAULT_CONVERT));
}

/* The pages of the image are accepted from the start. */
void path_image(void)
{
	WARN_ON(vcpu_thread(0, touch_0 + 1, 2, FAULT_STOP));
}

void path_mmio(void)
{
	WARN_ON(vcpu_thread(0, mmio, ARRAY_SIZE(mmio), FAULT_CONVERT));
	vmm_delete_slot(0);
	WARN_ON(vcpu_thread(0, mmio, ARRAY_SIZE(mmio), FAULT_CONVERT));
}

void path_slots(void)
{
	WARN_ON(vmm_create_slot(1, 4, 2, the_gmem, 0) != (the_gmem < 0 ? 0 : -EEXIST));
	WARN_ON(vmm_create_slot(2, 1, 2, -1, 0) != -EEXIST);
	WARN_ON(vmm_delete_slot(0));
	WARN_ON(vmm_delete_slot(0) != -EINVAL);
	WARN_ON(vmm_create_slot(0, 0, 2, the_gmem, 0));
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
}

void path_gmem(void)
{
	if (the_gmem < 0)
		return;
	WARN_ON(vmm_allocate(the_gmem, 0, 2));
	WARN_ON(vmm_allocate(the_gmem, 0, 3) != -EINVAL);
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	vmm_memory_error(the_gmem, 0);
	WARN_ON(vcpu_thread(0, touch_0 + 1, 1, FAULT_STOP) != -EHWPOISON);
	WARN_ON(vmm_punch_hole(the_gmem, 0, 2));
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
}

void path_zaps(void)
{
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	vmm_noncoherent_dma(true);
	vmm_noncoherent_dma(false);
	vmm_toggle_nx_huge_pages();
	vmm_nx_recovery();
	vmm_toggle_nx_huge_pages();
	mm_take(1, 1, true);
	WARN_ON(vmm_prefault(0, 1, 1));
	/* a TD's data must have survived all that */
	WARN_ON(vcpu_thread(0, touch_0 + 2, 1, FAULT_STOP));
}

/* Never set for a TD: nothing that could ask for it is allowed. */
void path_apicv(void)
{
	vmm_apicv_inhibit(true);
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	vmm_apicv_inhibit(false);
	WARN_ON(vcpu_thread(0, touch_0 + 2, 1, FAULT_STOP));
}

/* Dirty logging is refused for slots with a guest_memfd, and write-protects the others. */
void path_dirty_log(void)
{
	struct kvm_userspace_memory_region2 mem = {
		.slot = 0,
		.flags = KVM_MEM_LOG_DIRTY_PAGES,
		.memory_size = 2 * PAGE_SIZE,
		.userspace_addr = gfn_hva(0),
	};
	int r;

	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	r = kvm_vm_ioctl_set_memory_region(the_vm, &mem);
	WARN_ON(r != (the_gmem < 0 ? 0 : -EINVAL));
	/* the write is fixed without mmu_lock */
	WARN_ON(vcpu_thread(0, touch_0 + 1, 2, FAULT_STOP));
}

void path_age(void)
{
	struct kvm_gfn_range range = {
		.slot = the_vm->memslots[0]->gfn_tree[0],
		.start = 0,
		.end = 2,
		.attr_filter = KVM_FILTER_SHARED,
	};

	WARN_ON(vcpu_thread(0, touch_shared_1, ARRAY_SIZE(touch_shared_1), FAULT_CONVERT));
	WARN_ON(!kvm_test_age_gfn(the_vm, &range));
	WARN_ON(!kvm_age_gfn(the_vm, &range));
	WARN_ON(kvm_test_age_gfn(the_vm, &range));
}

/* Ranges that cut a huge page make it mixed, and whole ones mend it. */
void path_mixed(void)
{
	WARN_ON(vcpu_thread(0, touch_0, ARRAY_SIZE(touch_0), FAULT_STOP));
	WARN_ON(vmm_set_shared(1, 2));
	WARN_ON(!hugepage_test_mixed(the_vm->memslots[0]->gfn_tree[0], 0, PG_LEVEL_2M));
	WARN_ON(vcpu_thread(0, touch_shared_1, ARRAY_SIZE(touch_shared_1), FAULT_STOP));
	WARN_ON(vmm_set_private(1, 2));
	WARN_ON(hugepage_test_mixed(the_vm->memslots[0]->gfn_tree[0], 0, PG_LEVEL_2M));
	/* the neighbours have kept their data */
	WARN_ON(vcpu_thread(0, touch_0 + 2, 1, FAULT_STOP));
}
