/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User space as scenarios see it: driver.h says what each function does. It stands where a VMM, other
 * processes and drivers stand, so it calls KVM's ioctl functions and notifier ops, not its inside.
 */
#include "driver.h"

struct kvm *the_vm;
struct kvm_vcpu *the_vcpu[DRIVER_VCPUS];
int the_gmem = -1;
struct driver_slot driver_slots[DRIVER_ADDRESS_SPACES * DRIVER_SLOTS];

struct driver_slot *driver_slot_of(int id)
{
	return &driver_slots[(id >> 16) * DRIVER_SLOTS + (u16)id];
}

/* TDX: where the initial image's contents come from */
#define IMAGE_SOURCE(n) (MM_BASE + (MM_NR_PAGES - (n)) * PAGE_SIZE)

/* ---- the vCPU's thread ---- */

/* The guest asked for a conversion. User space does it and lets the guest go on. */
static void answer_hypercall(struct kvm_vcpu *vcpu)
{
	gfn_t gfn = gpa_to_gfn(vcpu->run->hypercall.args[0]);
	unsigned long nr_pages = vcpu->run->hypercall.args[1];
	int r;

	if (__fault("user space refuses a conversion"))
		r = -EINVAL;
	else if (vcpu->run->hypercall.args[2] & KVM_MAP_GPA_RANGE_ENCRYPTED)
		r = vmm_set_private(gfn, nr_pages);
	else
		r = vmm_set_shared(gfn, nr_pages);
	vcpu->run->hypercall.ret = r ? EINVAL : 0;
	guest_of(vcpu)->answered = 1;
}

/* Is it worth running again? */
static bool answer_memory_fault(struct kvm_vcpu *vcpu, int on_fault)
{
	gfn_t gfn = gpa_to_gfn(vcpu->run->memory_fault.gpa);
	bool is_private = vcpu->run->memory_fault.flags & KVM_MEMORY_EXIT_FLAG_PRIVATE;

	if (on_fault != FAULT_CONVERT)
		return on_fault == FAULT_RETRY;
	/* the attribute is right: there is no memory */
	if (is_private == kvm_mem_is_private(vcpu->kvm, gfn))
		return false;
	return !(is_private ? vmm_set_private(gfn, 1) : vmm_set_shared(gfn, 1));
}

int run_guest(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr_ops, int on_fault)
{
	int r;

	guest_of(vcpu)->pc = 0;
	guest_of(vcpu)->answered = 0;
	guest_of(vcpu)->nr_ops = nr_ops;
	guest_of(vcpu)->ops = ops;

	for (;;) {
		r = enter_run(vcpu);
		task_work_run();

		if (r == -EINTR)
			continue;
		if (r == -EFAULT && vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT) {
			if (answer_memory_fault(vcpu, on_fault))
				continue;
			return r;
		}
		if (r < 0)
			return r;

		switch (vcpu->run->exit_reason) {
		case KVM_EXIT_HLT:
			return 0;
		case KVM_EXIT_HYPERCALL:
			answer_hypercall(vcpu);
			break;
		case KVM_EXIT_MMIO:
			/* user space emulates the access */
			guest_of(vcpu)->pc++;
			break;
		default:
			return -EIO;
		}
	}
}

int vcpu_thread(int vcpu, const struct guest_op *ops, int nr_ops, int on_fault)
{
	/* This thread's CPU is where the vCPU has run before: its TLB is as set-up left it. */
	enter_leave_on(the_vcpu[vcpu], smp_processor_id());
	return run_guest(the_vcpu[vcpu], ops, nr_ops, on_fault);
}

/* ---- ioctls ---- */

int vmm_create_vcpu(int id)
{
	int r = kvm_vm_ioctl_create_vcpu(the_vm, id);

	task_work_run();
	return r;
}

static int set_attributes(gfn_t gfn, unsigned long nr_pages, u64 attributes)
{
	struct kvm_memory_attributes attrs = {
		.address = gfn_to_gpa(gfn),
		.size = nr_pages * PAGE_SIZE,
		.attributes = attributes,
	};

	return kvm_vm_ioctl_set_mem_attributes(the_vm, &attrs);
}

int vmm_set_private(gfn_t gfn, unsigned long nr_pages)
{
	return set_attributes(gfn, nr_pages, KVM_MEMORY_ATTRIBUTE_PRIVATE);
}

int vmm_set_shared(gfn_t gfn, unsigned long nr_pages)
{
	int r;

	__request_destroy(gfn, gfn + nr_pages, "attribute");
	r = set_attributes(gfn, nr_pages, 0);
	__request_destroy_end(gfn, gfn + nr_pages);
	return r;
}

static void fill_region(struct kvm_userspace_memory_region2 *mem, const struct driver_slot *slot)
{
	mem->guest_phys_addr = gfn_to_gpa(slot->gfn);
	mem->memory_size = slot->nr_pages * PAGE_SIZE;
	mem->userspace_addr = gfn_hva(slot->gfn);
	if (slot->gmem_fd >= 0) {
		mem->flags = KVM_MEM_GUEST_MEMFD;
		mem->guest_memfd = slot->gmem_fd;
		mem->guest_memfd_offset = slot->pgoff * PAGE_SIZE;
	}
}

static int set_region(struct kvm_userspace_memory_region2 *mem)
{
	int r = kvm_vm_ioctl_set_memory_region(the_vm, mem);

	task_work_run();
	return r;
}

int vmm_create_aliased_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	struct driver_slot slot = { true, gfn, nr_pages, gmem_fd, pgoff };
	struct kvm_userspace_memory_region2 mem = { .slot = id };

	if (!kvm_gfn_direct_bits(the_vm))
		return -EINVAL;
	fill_region(&mem, &slot);
	mem.guest_phys_addr |= gfn_to_gpa(kvm_gfn_direct_bits(the_vm));
	return set_region(&mem);
}

int vmm_log_dirty_pages(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };
	const struct driver_slot *slot = driver_slot_of(id);
	int r;

	fill_region(&mem, slot);
	mem.flags |= KVM_MEM_LOG_DIRTY_PAGES;
	r = set_region(&mem);
	if (!r)
		__user_logs(id >> 16, slot->gfn, slot->gfn + slot->nr_pages, 1);
	return r;
}

int vmm_stop_logging(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };
	const struct driver_slot *slot = driver_slot_of(id);

	__user_logs(id >> 16, slot->gfn, slot->gfn + slot->nr_pages, 0);
	fill_region(&mem, slot);
	return set_region(&mem);
}

int vmm_get_dirty_log(int id)
{
	u64 bits = 0;
	struct kvm_dirty_log log = { .slot = id, .dirty_bitmap = &bits };
	int r = kvm_vm_ioctl_get_dirty_log(the_vm, &log);

	if (!r)
		__user_told_dirty(id >> 16, driver_slot_of(id)->gfn, bits);
	return r;
}

int vmm_get_last_dirty_log(int id)
{
	const struct driver_slot *slot = driver_slot_of(id);
	int r = vmm_get_dirty_log(id);

	__user_has_last_log(id >> 16, slot->gfn, slot->gfn + slot->nr_pages);
	return r;
}

int vmm_drop_gmem(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };

	fill_region(&mem, driver_slot_of(id));
	mem.flags = 0;
	return set_region(&mem);
}

int vmm_create_read_only_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	struct driver_slot slot = { true, gfn, nr_pages, gmem_fd, pgoff };
	struct kvm_userspace_memory_region2 mem = { .slot = id };

	fill_region(&mem, &slot);
	mem.flags |= KVM_MEM_READONLY;
	return set_region(&mem);
}

int vmm_move_slot(int id, gfn_t gfn)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };

	fill_region(&mem, driver_slot_of(id));
	mem.guest_phys_addr = gfn_to_gpa(gfn);
	return set_region(&mem);
}

int vmm_add_image(int vcpu, gfn_t gfn, unsigned long nr_pages)
{
	struct kvm_tdx_init_mem_region region = {
		.source_addr = IMAGE_SOURCE(nr_pages),
		.gpa = gfn_to_gpa(gfn),
		.nr_pages = nr_pages,
	};
	struct kvm_tdx_cmd cmd = {
		.id = KVM_TDX_INIT_MEM_REGION,
		.flags = KVM_TDX_MEASURE_MEMORY_REGION,
		.data = (unsigned long)&region,
	};
	int r;

	if (the_vm->arch.vm_type == KVM_X86_SNP_VM) {
		r = svm_launch_pages(the_vm, gfn, nr_pages, IMAGE_SOURCE(nr_pages));
		task_work_run();
		return r;
	}
	if (the_vm->arch.vm_type != KVM_X86_TDX_VM)
		return 0;
	r = enter_tdx_vcpu(the_vcpu[vcpu], &cmd);
	task_work_run();
	return r && region.nr_pages == nr_pages ? r : (int)region.nr_pages;
}

int vmm_finalize(void)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_FINALIZE_VM };

	if (is_svm_type(the_vm->arch.vm_type))
		return svm_launch_finish(the_vm);
	if (the_vm->arch.vm_type != KVM_X86_TDX_VM)
		return 0;
	return enter_tdx_vm(the_vm, &cmd);
}

int vmm_create_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	struct kvm_userspace_memory_region2 mem = {
		.slot = id,
		.guest_phys_addr = gfn_to_gpa(gfn),
		.memory_size = nr_pages * PAGE_SIZE,
		.userspace_addr = gfn_hva(gfn),
	};
	int r;

	if (gmem_fd >= 0) {
		mem.flags = KVM_MEM_GUEST_MEMFD;
		mem.guest_memfd = gmem_fd;
		mem.guest_memfd_offset = pgoff * PAGE_SIZE;
	}
	r = kvm_vm_ioctl_set_memory_region(the_vm, &mem);
	task_work_run();
	if (!r && !driver_slot_of(id)->used)
		setup_planned_slot(id, gfn, nr_pages, gmem_fd, pgoff);
	return r;
}

int vmm_delete_slot(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };
	gfn_t start = driver_slot_of(id)->gfn, end = start + driver_slot_of(id)->nr_pages;
	int r;

	__request_destroy(start, end, "slot delete");
	r = kvm_vm_ioctl_set_memory_region(the_vm, &mem);
	task_work_run();
	__request_destroy_end(start, end);
	return r;
}

void vmm_spoil_request(int vcpu)
{
	svm_spoil_request(the_vcpu[vcpu]);
}

int vmm_prefault(int vcpu, gfn_t gfn, unsigned long nr_pages)
{
	struct kvm_pre_fault_memory range = {
		.gpa = gfn_to_gpa(gfn),
		.size = nr_pages * PAGE_SIZE,
	};
	int r;

	if (the_vm->vm_dead)
		return -EIO;
	mutex_lock(&the_vcpu[vcpu]->mutex);
	r = kvm_vcpu_pre_fault_memory(the_vcpu[vcpu], &range);
	mutex_unlock(&the_vcpu[vcpu]->mutex);
	task_work_run();
	return r;
}

void vmm_close_vm(void)
{
	int i, nr_vcpus = the_vm->created_vcpus;

	for (i = 0; i < nr_vcpus; i++)
		kvm_put_kvm(the_vm);
	kvm_put_kvm(the_vm);
}

/* ---- events elsewhere ---- */

void vmm_noncoherent_dma(bool attach)
{
	if (attach)
		kvm_arch_register_noncoherent_dma(the_vm);
	else
		kvm_arch_unregister_noncoherent_dma(the_vm);
}

void vmm_apicv_inhibit(bool set)
{
	kvm_set_or_clear_apicv_inhibit(the_vm, APICV_INHIBIT_REASON_BLOCKIRQ, set);
}

void vmm_toggle_nx_huge_pages(void)
{
	enter_toggle_nx_huge_pages(the_vm);
}

void vmm_nx_recovery(void)
{
	enter_nx_recovery(the_vm);
}

void vmm_zap_gfn_range(gfn_t start, gfn_t end)
{
	kvm_zap_gfn_range(the_vm, start, end);
}

void vmm_pend_event(int vcpu, bool pending)
{
	enter_pend_event(the_vcpu[vcpu], pending);
}
