/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Set-up: makes the VM that a scenario starts with, by what user space does and by guests that run alone.
 */
#include "driver.h"

void setup_create(int vm_type)
{
	enter_hardware_setup(vm_type);
	the_vm = enter_create_vm(vm_type);
	__machine_vm(the_vm);
	__machine_attr_array(&the_vm->mem_attr_array);
	__machine_name(&init_mm.mmap_lock, "mmap_lock");
	__machine_name(&init_mm.page_table_lock, "page_table_lock");
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

bool gmem_is_mapped;

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
	gmem_is_mapped = true;
	return fd;
}

void setup_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	WARN_ON(vmm_create_slot(id, gfn, nr_pages, gmem_fd, pgoff));
}

void setup_planned_slot(int id, gfn_t gfn, unsigned long nr_pages, int gmem_fd, pgoff_t pgoff)
{
	*driver_slot_of(id) = (struct driver_slot) {
		.used = true,
		.gfn = gfn,
		.nr_pages = nr_pages,
		.gmem_fd = gmem_fd,
		.pgoff = pgoff,
	};
}

void setup_huge_page(gfn_t gfn)
{
	WARN_ON(mm_populate_huge(&init_mm, gfn_hva(gfn)));
}

void setup_recover_all(void)
{
	enter_recover_all();
}

void setup_private(gfn_t gfn, unsigned long nr_pages)
{
	if (kvm_arch_has_private_mem(the_vm))
		WARN_ON(vmm_set_private(gfn, nr_pages));
}

void setup_image_page(gfn_t gfn)
{
	WARN_ON(vmm_add_image(0, gfn, 1));
}

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

void setup_touch_smm(int vcpu, gfn_t gfn)
{
	struct guest_op ops[3] = {
		{ GUEST_OP_SMI },
		{ GUEST_OP_WRITE, 1, gfn },
		{ GUEST_OP_RSM },
	};

	WARN_ON(run_guest(the_vcpu[vcpu], ops, 3, FAULT_STOP));
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

void setup_ghcb(int vcpu, gfn_t gfn)
{
	setup_touch_shared(vcpu, gfn);
	svm_set_ghcb(the_vcpu[vcpu], gfn);
}
