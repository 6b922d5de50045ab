/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User space as scenarios see it: driver.h says what each function does. It stands where a VMM, other
 * processes and drivers stand, so it calls KVM's ioctl functions and notifier ops, not its inside.
 */
#include "driver.h"

struct kvm *the_vm;
struct kvm_vcpu *the_vcpu[DRIVER_VCPUS];
int the_gmem = -1;

/* What user space remembers of its memslots: which gfns a page of a guest_memfd is behind. */
struct driver_slot {
	bool used;
	gfn_t gfn;
	unsigned long nr_pages;
	int gmem_fd;
	pgoff_t pgoff;
};
static struct driver_slot driver_slots[DRIVER_SLOTS];

/* TDX: where the initial image's contents come from */
#define IMAGE_SOURCE (MM_BASE + (MM_NR_PAGES - 1) * PAGE_SIZE)
#define IMAGE_SOURCES(n) (MM_BASE + (MM_NR_PAGES - (n)) * PAGE_SIZE)

unsigned long gfn_hva(gfn_t gfn)
{
	return MM_BASE + gfn * PAGE_SIZE;
}

/* ---- set-up ---- */

void setup_create(int vm_type)
{
	enter_hardware_setup(vm_type);
	the_vm = enter_create_vm(vm_type);
	__machine_vm(the_vm);
	__machine_attr_array(&the_vm->mem_attr_array);
	__machine_name(&init_mm.mmap_lock, "mmap_lock");
	enter_prepare_vm(the_vm);
}

void setup_vcpu(void)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VCPU };
	int id = the_vm->created_vcpus;

	WARN_ON(kvm_vm_ioctl_create_vcpu(the_vm, id) < 0);
	the_vcpu[id] = enter_vcpu(the_vm, id);
	__machine_vcpu(the_vcpu[id], id);
	if (the_vm->arch.vm_type == KVM_X86_TDX_VM)
		WARN_ON(enter_tdx_vcpu(the_vcpu[id], &cmd));
}

int vmm_create_vcpu(int id)
{
	int r = kvm_vm_ioctl_create_vcpu(the_vm, id);

	task_work_run();
	return r;
}

static int create_gmem(unsigned long nr_pages, u64 flags)
{
	struct kvm_create_guest_memfd args = { .size = nr_pages * PAGE_SIZE, .flags = flags };
	int fd = kvm_gmem_create(the_vm, &args);

	if (the_gmem < 0)
		the_gmem = fd;
	return fd;
}

int setup_gmem(unsigned long nr_pages)
{
	int fd;

	if (!kvm_arch_has_private_mem(the_vm))
		return -1;

	fd = create_gmem(nr_pages, 0);
	WARN_ON(fd < 0);
	return fd;
}

int setup_mapped_gmem(unsigned long nr_pages)
{
	int fd = create_gmem(nr_pages, GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED);
	struct file *file;

	if (fd < 0)
		fd = create_gmem(nr_pages, GUEST_MEMFD_FLAG_MMAP);
	if (fd < 0)
		return setup_gmem(nr_pages);

	file = fget(fd);
	WARN_ON(mm_map_file(file));
	fput(file);
	return fd;
}

void setup_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	WARN_ON(vmm_create_slot(id, gfn, nr_pages, gmem_fd, pgoff));
}

void setup_huge_page(gfn_t gfn)
{
	WARN_ON(mm_populate_huge(&init_mm, gfn_hva(gfn)));
}

void setup_private(gfn_t gfn, unsigned long nr_pages)
{
	if (kvm_arch_has_private_mem(the_vm))
		WARN_ON(vmm_set_private(gfn, nr_pages));
}

void setup_image_page(gfn_t gfn)
{
	struct kvm_tdx_init_mem_region region = {
		.source_addr = IMAGE_SOURCE,
		.gpa = gfn_to_gpa(gfn),
		.nr_pages = 1,
	};
	struct kvm_tdx_cmd cmd = {
		.id = KVM_TDX_INIT_MEM_REGION,
		.flags = KVM_TDX_MEASURE_MEMORY_REGION,
		.data = (unsigned long)&region,
	};

	if (the_vm->arch.vm_type == KVM_X86_TDX_VM)
		WARN_ON(enter_tdx_vcpu(the_vcpu[0], &cmd));
	else if (the_vm->arch.vm_type == KVM_X86_SNP_VM)
		WARN_ON(svm_launch_pages(the_vm, gfn, 1, IMAGE_SOURCE));
}

static int run_guest(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr_ops, int on_fault);

/* Most often vCPU n's thread is thread n; vcpu_thread() corrects it where it is not. */
static void leave_setup_cpu(int vcpu)
{
	enter_leave_on(the_vcpu[vcpu], vcpu);
}

void setup_unfinished(void)
{
	int i;

	for (i = 0; i < the_vm->created_vcpus; i++)
		leave_setup_cpu(i);
}

void setup_ready(void)
{
	int i;

	WARN_ON(vmm_finalize());
	/* one empty stay in the guest: roots are made and loaded */
	for (i = 0; i < the_vm->created_vcpus; i++) {
		WARN_ON(run_guest(the_vcpu[i], NULL, 0, FAULT_STOP));
		leave_setup_cpu(i);
	}
}

void setup_vm(int vm_type, int nr_vcpus, int nr_pages)
{
	int i, gmem;

	setup_create(vm_type);
	for (i = 0; i < nr_vcpus; i++)
		setup_vcpu();
	gmem = setup_gmem(nr_pages);
	setup_slot(0, 0, nr_pages, gmem, 0);
	setup_private(0, nr_pages);
	setup_ready();
}

void setup_touch_private(int vcpu, gfn_t gfn)
{
	struct guest_op ops[2] = {
		{ GUEST_OP_ACCEPT, 0, gfn },
		{ GUEST_OP_WRITE, 0, gfn },
	};

	WARN_ON(run_guest(the_vcpu[vcpu], ops, 2, FAULT_STOP));
	leave_setup_cpu(vcpu);
}

void setup_touch_shared(int vcpu, gfn_t gfn)
{
	struct guest_op ops[1] = { { GUEST_OP_WRITE, 1, gfn } };

	WARN_ON(run_guest(the_vcpu[vcpu], ops, 1, FAULT_STOP));
	leave_setup_cpu(vcpu);
}

void setup_run_code(int vcpu, gfn_t gfn)
{
	struct guest_op ops[1] = { { GUEST_OP_EXEC, 1, gfn } };

	WARN_ON(run_guest(the_vcpu[vcpu], ops, 1, FAULT_STOP));
	leave_setup_cpu(vcpu);
}

void setup_prefault(int vcpu, gfn_t gfn)
{
	WARN_ON(vmm_prefault(vcpu, gfn, 1));
	leave_setup_cpu(vcpu);
}

void setup_vmsa(int vcpu, gfn_t gfn)
{
	struct guest_op ops[2] = {
		{ GUEST_OP_ACCEPT, 0, gfn },
		{ GUEST_OP_MAKE_VMSA, 0, gfn },
	};

	WARN_ON(run_guest(the_vcpu[0], ops, 2, FAULT_STOP));
	WARN_ON(svm_create_ap(the_vcpu[0], the_vcpu[vcpu], gfn));
	WARN_ON(run_guest(the_vcpu[vcpu], NULL, 0, FAULT_STOP));
	leave_setup_cpu(0);
	leave_setup_cpu(vcpu);
}

void setup_huge_rmp(gfn_t gfn)
{
	/* memory whose address is a multiple of its size */
	while ((page_to_pfn(alloc_page(GFP_KERNEL)) + 1) % GMEM_NR_PAGES)
		;
	WARN_ON(vmm_allocate(the_gmem, 0, GMEM_NR_PAGES));
	WARN_ON(svm_make_huge(the_vcpu[0], the_gmem, gfn));
}

/* ---- the vCPU's thread ---- */

/* The guest asked for a conversion. User space does it and lets the guest go on. */
static void answer_hypercall(struct kvm_vcpu *vcpu)
{
	gfn_t gfn = gpa_to_gfn(vcpu->run->hypercall.args[0]);
	unsigned long nr_pages = vcpu->run->hypercall.args[1];
	int r;

	if (vcpu->run->hypercall.args[2] & KVM_MAP_GPA_RANGE_ENCRYPTED)
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

static int run_guest(struct kvm_vcpu *vcpu, const struct guest_op *ops, int nr_ops, int on_fault)
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

	fill_region(&mem, &driver_slots[id]);
	mem.flags |= KVM_MEM_LOG_DIRTY_PAGES;
	return set_region(&mem);
}

int vmm_stop_logging(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };

	fill_region(&mem, &driver_slots[id]);
	return set_region(&mem);
}

int vmm_drop_gmem(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };

	fill_region(&mem, &driver_slots[id]);
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

	fill_region(&mem, &driver_slots[id]);
	mem.guest_phys_addr = gfn_to_gpa(gfn);
	return set_region(&mem);
}

int vmm_add_image(int vcpu, gfn_t gfn, unsigned long nr_pages)
{
	struct kvm_tdx_init_mem_region region = {
		.source_addr = IMAGE_SOURCES(nr_pages),
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
		r = svm_launch_pages(the_vm, gfn, nr_pages, IMAGE_SOURCES(nr_pages));
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

void setup_planned_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	driver_slots[id] = (struct driver_slot) {
		.used = true,
		.gfn = gfn,
		.nr_pages = nr_pages,
		.gmem_fd = gmem_fd,
		.pgoff = pgoff,
	};
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
	if (!r && !driver_slots[id].used)
		setup_planned_slot(id, gfn, nr_pages, gmem_fd, pgoff);
	return r;
}

int vmm_delete_slot(int id)
{
	struct kvm_userspace_memory_region2 mem = { .slot = id };
	gfn_t start = driver_slots[id].gfn, end = start + driver_slots[id].nr_pages;
	int r;

	__request_destroy(start, end, "slot delete");
	r = kvm_vm_ioctl_set_memory_region(the_vm, &mem);
	task_work_run();
	__request_destroy_end(start, end);
	return r;
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

/* The gfns behind pages of a guest_memfd are about to lose their contents, or have lost them. */
static void destroy_behind(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages, const char *why)
{
	struct driver_slot *slot;
	int i;

	for (i = 0; i < DRIVER_SLOTS; i++) {
		pgoff_t first, last;

		slot = &driver_slots[i];
		if (!slot->used || slot->gmem_fd != gmem_fd)
			continue;
		first = max(pgoff, slot->pgoff);
		last = min(pgoff + nr_pages, slot->pgoff + slot->nr_pages);
		if (first >= last)
			continue;
		first = slot->gfn + first - slot->pgoff;
		last = slot->gfn + last - slot->pgoff;
		if (why)
			__request_destroy(first, last, why);
		else
			__request_destroy_end(first, last);
	}
}

static int gmem_fallocate(int gmem_fd, int mode, pgoff_t pgoff, unsigned long nr_pages)
{
	struct file *file = fget(gmem_fd);
	int r;

	if (!file)
		return -EBADF;
	r = file->f_op->fallocate(file, mode, pgoff * PAGE_SIZE, nr_pages * PAGE_SIZE);
	fput(file);
	task_work_run();
	return r;
}

int vmm_punch_hole(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages)
{
	int r;

	if (gmem_fd < 0)
		return -EBADF;
	destroy_behind(gmem_fd, pgoff, nr_pages, "punch hole");
	r = gmem_fallocate(gmem_fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, pgoff, nr_pages);
	destroy_behind(gmem_fd, pgoff, nr_pages, NULL);
	return r;
}

int vmm_allocate(int gmem_fd, pgoff_t pgoff, unsigned long nr_pages)
{
	if (gmem_fd < 0)
		return -EBADF;
	return gmem_fallocate(gmem_fd, FALLOC_FL_KEEP_SIZE, pgoff, nr_pages);
}

void vmm_memory_error(int gmem_fd, pgoff_t pgoff)
{
	struct file *file = gmem_fd < 0 ? NULL : fget(gmem_fd);
	struct address_space *mapping;
	struct folio *folio;

	if (!file)
		return;
	mapping = file->f_mapping;
	folio = filemap_lock_folio(mapping, pgoff);
	/* the locked folio holds the inode, and nothing holds the file */
	fput(file);
	if (!IS_ERR(folio)) {
		destroy_behind(gmem_fd, pgoff, 1, "error");
		folio_set_hwpoison(folio);
		kvm_gmem_error_folio(mapping, folio);
		folio_unlock(folio);
		folio_put(folio);
		destroy_behind(gmem_fd, pgoff, 1, NULL);
	}
	task_work_run();
}

void host_migrate_page(int gmem_fd, pgoff_t pgoff)
{
	struct file *file = gmem_fd < 0 ? NULL : fget(gmem_fd);

	if (!file)
		return;
	mm_migrate_page(file->f_mapping, pgoff);
	fput(file);
	task_work_run();
}

int vmm_write_gmem(pgoff_t pgoff)
{
	return mm_write_mapping(pgoff);
}

void vmm_close_gmem(int gmem_fd)
{
	if (gmem_fd < 0)
		return;
	destroy_behind(gmem_fd, 0, GMEM_NR_PAGES, "release");
	close_fd(gmem_fd);
	destroy_behind(gmem_fd, 0, GMEM_NR_PAGES, NULL);
}

void vmm_dup_gmem(int gmem_fd)
{
	if (gmem_fd >= 0)
		fget(gmem_fd);
}

void vmm_close_vm(void)
{
	int i, nr_vcpus = the_vm->created_vcpus;

	for (i = 0; i < nr_vcpus; i++)
		kvm_put_kvm(the_vm);
	kvm_put_kvm(the_vm);
}

/* ---- the VMM's own memory ---- */

void mm_take(gfn_t gfn, unsigned long nr_pages, bool blockable)
{
	mm_zap_range(&init_mm, gfn_hva(gfn), gfn_hva(gfn + nr_pages), blockable);
}

void mm_take_start(gfn_t gfn, unsigned long nr_pages, bool blockable)
{
	struct mmu_notifier_range range = {
		.start = gfn_hva(gfn),
		.end = gfn_hva(gfn + nr_pages),
		.blockable = blockable,
	};

	init_mm.mn->ops->invalidate_range_start(init_mm.mn, &range);
}

void mm_take_page(gfn_t gfn)
{
	mm_zap_page(&init_mm, gfn_hva(gfn));
}

void mm_take_end(gfn_t gfn, unsigned long nr_pages, bool blockable)
{
	struct mmu_notifier_range range = {
		.start = gfn_hva(gfn),
		.end = gfn_hva(gfn + nr_pages),
		.blockable = blockable,
	};

	init_mm.mn->ops->invalidate_range_end(init_mm.mn, &range);
}

void vmm_exit_mm(void)
{
	mm_exit(&init_mm);
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

kvm_pfn_t host_reuse_page(void)
{
	return __host_alloc_and_write();
}
