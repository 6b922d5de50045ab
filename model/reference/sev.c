/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEV, SEV-ES and SNP guests: their address space ids, the launch, the vCPUs' encrypted registers (VMSAs), page
 * state changes, and for SNP the RMP's entries of a guest_memfd's pages. What the firmware and the RMP's instructions do
 * is the machine's; the VMCB and exits are in edge/svm.c.
 */
#include "svm.h"
#include "psp-sev.h"

static bool sev_enabled = true;
static bool sev_es_enabled = true;
static bool sev_snp_enabled = true;

static u64 snp_supported_policy_bits = SNP_POLICY_MASK_SMT | SNP_POLICY_MASK_RSVD_MBO;
static u64 sev_supported_vmsa_features;

/* where the firmware takes the registers of a new vCPU to lie in guest memory */
#define INITIAL_VMSA_GPA 0xFFFFFFFFF000

static DECLARE_RWSEM(sev_deactivate_lock);
static DEFINE_MUTEX(sev_bitmap_lock);
static unsigned int max_sev_asid;
static unsigned int min_sev_asid;
static unsigned int max_sev_es_asid;
static unsigned int min_sev_es_asid;
static unsigned int max_snp_asid;
static unsigned int min_snp_asid;
static unsigned int nr_asids;
static unsigned long *sev_asid_bitmap;
static unsigned long *sev_reclaim_asid_bitmap;

/* What kind of guest it is stands still once vCPUs can run, and before that under kvm->lock. */
static __always_inline void kvm_lockdep_assert_sev_lock_held(struct kvm *kvm)
{
#ifdef CONFIG_PROVE_LOCKING
	/* nobody else has the VM any more */
	if (!refcount_read(&kvm->users_count))
		return;

	/* vCPUs come after the initialisation */
	if (kvm_get_running_vcpu())
		return;

	lockdep_assert_held(&kvm->lock);
#endif
}

static bool sev_guest(struct kvm *kvm)
{
	kvm_lockdep_assert_sev_lock_held(kvm);
	return ____sev_guest(kvm);
}

static bool sev_es_guest(struct kvm *kvm)
{
	kvm_lockdep_assert_sev_lock_held(kvm);
	return ____sev_es_guest(kvm);
}

static bool sev_snp_guest(struct kvm *kvm)
{
	kvm_lockdep_assert_sev_lock_held(kvm);
	return ____sev_snp_guest(kvm);
}

static int snp_decommission_context(struct kvm *kvm);

/* ---- address space ids: so many per kind of guest ---- */
static unsigned int sev_alloc_asid(unsigned int min_asid, unsigned int max_asid)
{
	unsigned int asid;

	guard(mutex)(&sev_bitmap_lock);

	asid = find_next_zero_bit(sev_asid_bitmap, max_asid + 1, min_asid);
	if (asid > max_asid)
		return asid;

	__set_bit(asid, sev_asid_bitmap);
	return asid;
}

static int sev_asid_new(struct kvm_sev_info *sev, unsigned long vm_type)
{
	unsigned int min_asid, max_asid, asid;

	if (vm_type == KVM_X86_SNP_VM) {
		min_asid = min_snp_asid;
		max_asid = max_snp_asid;
	} else if (sev->es_active) {
		min_asid = min_sev_es_asid;
		max_asid = max_sev_es_asid;
	} else {
		min_asid = min_sev_asid;
		max_asid = max_sev_asid;
	}

	if (min_asid > max_asid)
		return -ENOTTY;

	asid = sev_alloc_asid(min_asid, max_asid);
	if (asid > max_asid)
		return -EBUSY;

	sev->asid = asid;
	return 0;
}

static unsigned int sev_get_asid(struct kvm *kvm)
{
	return to_kvm_sev_info(kvm)->asid;
}

static void sev_asid_free(struct kvm_sev_info *sev)
{
	struct svm_cpu_data *sd;
	int cpu;

	mutex_lock(&sev_bitmap_lock);

	__set_bit(sev->asid, sev_reclaim_asid_bitmap);

	for_each_possible_cpu(cpu) {
		sd = per_cpu_ptr(&svm_data, cpu);
		sd->sev_vmcbs[sev->asid] = NULL;
	}

	mutex_unlock(&sev_bitmap_lock);
}

/* The page is the host's again. One that cannot be is never used any more. */
static int kvm_rmp_make_shared(struct kvm *kvm, u64 pfn, enum pg_level level)
{
	if (KVM_BUG_ON(rmp_make_shared(pfn, level), kvm)) {
		snp_leak_pages(pfn, page_level_size(level) >> PAGE_SHIFT);
		return -EIO;
	}

	return 0;
}

/* A page that the firmware holds has to be let go by it before RMPUPDATE can take it back. */
static int snp_page_reclaim(struct kvm *kvm, u64 pfn)
{
	struct sev_data_snp_page_reclaim data = {0};
	int fw_err, rc;

	data.paddr = __sme_set(pfn << PAGE_SHIFT);
	rc = sev_do_cmd(SEV_CMD_SNP_PAGE_RECLAIM, &data, &fw_err);
	if (KVM_BUG(rc, kvm, "the firmware keeps pfn %llx", pfn)) {
		snp_leak_pages(pfn, 1);
		return -EIO;
	}

	if (kvm_rmp_make_shared(kvm, pfn, PG_LEVEL_4K))
		return -EIO;

	return rc;
}

static int __sev_guest_init(struct kvm *kvm, struct kvm_sev_cmd *argp,
			    struct kvm_sev_init *data,
			    unsigned long vm_type)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	bool es_active = vm_type != KVM_X86_SEV_VM;
	bool snp_active = vm_type == KVM_X86_SNP_VM;
	u64 valid_vmsa_features = es_active ? sev_supported_vmsa_features : 0;
	int ret;

	if (kvm->created_vcpus)
		return -EINVAL;

	if (data->flags)
		return -EINVAL;

	if (data->vmsa_features & ~valid_vmsa_features)
		return -EINVAL;

	if (data->ghcb_version > GHCB_VERSION_MAX || (!es_active && data->ghcb_version))
		return -EINVAL;

	if (es_active && !data->ghcb_version)
		data->ghcb_version = 2;

	if (snp_active && data->ghcb_version < 2)
		return -EINVAL;

	if (unlikely(sev->active))
		return -EINVAL;

	sev->active = true;
	sev->es_active = es_active;
	sev->vmsa_features = data->vmsa_features;
	sev->ghcb_version = data->ghcb_version;

	if (snp_active)
		sev->vmsa_features |= SVM_SEV_FEAT_SNP_ACTIVE;

	ret = sev_asid_new(sev, vm_type);
	if (ret)
		goto e_no_asid;

	sev->need_init = false;

	kvm_set_apicv_inhibit(kvm, APICV_INHIBIT_REASON_SEV);

	return 0;

e_no_asid:
	sev->vmsa_features = 0;
	sev->es_active = false;
	sev->active = false;
	return ret;
}

static int sev_guest_init2(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct kvm_sev_init data;

	if (!to_kvm_sev_info(kvm)->need_init)
		return -EINVAL;

	if (kvm->arch.vm_type != KVM_X86_SEV_VM &&
	    kvm->arch.vm_type != KVM_X86_SEV_ES_VM &&
	    kvm->arch.vm_type != KVM_X86_SNP_VM)
		return -EINVAL;

	if (copy_from_user(&data, u64_to_user_ptr(argp->data), sizeof(data)))
		return -EFAULT;

	return __sev_guest_init(kvm, argp, &data, kvm->arch.vm_type);
}

/* ---- the firmware, through the file of its device ---- */
static int __sev_issue_cmd(int fd, int id, void *data, int *error)
{
	CLASS(fd, f)(fd);

	if (fd_empty(f))
		return -EBADF;

	return sev_issue_cmd_external_user(fd_file(f), id, data, error);
}

static int sev_issue_cmd(struct kvm *kvm, int id, void *data, int *error)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);

	return __sev_issue_cmd(sev->fd, id, data, error);
}

static void sev_writeback_caches(struct kvm *kvm)
{
	/* CPUs that never ran the guest have nothing of it in their caches */
	wbnoinvd_on_cpus_mask(to_kvm_sev_info(kvm)->have_run_cpus);
}

/* The registers of a vCPU as the firmware wants them: the model's vCPUs have none. */
static int sev_es_sync_vmsa(struct vcpu_svm *svm)
{
	return 0;
}

static int __sev_launch_update_vmsa(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    int *error)
{
	struct sev_data_launch_update_vmsa vmsa;
	struct vcpu_svm *svm = to_svm(vcpu);
	int ret;

	ret = sev_es_sync_vmsa(svm);
	if (ret)
		return ret;

	/* the firmware encrypts in place: nothing of the plain page may be left in caches */
	clflush_cache_range(svm->sev_es.vmsa, PAGE_SIZE);

	vmsa.reserved = 0;
	vmsa.handle = to_kvm_sev_info(kvm)->handle;
	vmsa.address = __sme_pa(svm->sev_es.vmsa);
	vmsa.len = PAGE_SIZE;
	ret = sev_issue_cmd(kvm, SEV_CMD_LAUNCH_UPDATE_VMSA, &vmsa, error);
	if (ret)
		return ret;

	vcpu->arch.guest_state_protected = true;
	return 0;
}

static int sev_launch_update_vmsa(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;
	int ret;

	if (!sev_es_guest(kvm))
		return -ENOTTY;

	ret = kvm_lock_all_vcpus(kvm);
	if (ret)
		return ret;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		ret = __sev_launch_update_vmsa(kvm, vcpu, &argp->error);
		if (ret)
			break;
	}

	kvm_unlock_all_vcpus(kvm);
	return ret;
}

/* ---- SNP: the launch ---- */
static void *snp_context_create(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct sev_data_snp_addr data = {};
	void *context;
	int rc;

	context = snp_alloc_firmware_page(GFP_KERNEL_ACCOUNT);
	if (!context)
		return NULL;

	data.address = __psp_pa(context);
	rc = __sev_issue_cmd(argp->sev_fd, SEV_CMD_SNP_GCTX_CREATE, &data, &argp->error);
	if (rc) {
		pr_warn("the firmware makes no guest context, rc %d", rc);
		snp_free_firmware_page(context);
		return NULL;
	}

	return context;
}

static int snp_bind_asid(struct kvm *kvm, int *error)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	struct sev_data_snp_activate data = {0};

	data.gctx_paddr = __psp_pa(sev->snp_context);
	data.asid = sev_get_asid(kvm);
	return sev_issue_cmd(kvm, SEV_CMD_SNP_ACTIVATE, &data, error);
}

static int snp_launch_start(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	struct sev_data_snp_launch_start start = {0};
	struct kvm_sev_snp_launch_start params;
	int rc;

	if (!sev_snp_guest(kvm))
		return -ENOTTY;

	if (copy_from_user(&params, u64_to_user_ptr(argp->data), sizeof(params)))
		return -EFAULT;

	/* one context per guest */
	if (sev->snp_context)
		return -EINVAL;

	if (params.flags)
		return -EINVAL;

	if (params.policy & ~snp_supported_policy_bits)
		return -EINVAL;

	if (!(params.policy & SNP_POLICY_MASK_RSVD_MBO))
		return -EINVAL;

	sev->snp_context = snp_context_create(kvm, argp);
	if (!sev->snp_context)
		return -ENOTTY;

	start.gctx_paddr = __psp_pa(sev->snp_context);
	start.policy = params.policy;

	rc = __sev_issue_cmd(argp->sev_fd, SEV_CMD_SNP_LAUNCH_START, &start, &argp->error);
	if (rc) {
		pr_debug("%s: refused, rc %d\n", __func__, rc);
		goto e_free_context;
	}

	sev->policy = params.policy;
	sev->fd = argp->sev_fd;
	rc = snp_bind_asid(kvm, &argp->error);
	if (rc) {
		pr_debug("%s: no ASID, rc %d\n", __func__, rc);
		goto e_free_context;
	}

	return 0;

e_free_context:
	snp_decommission_context(kvm);

	return rc;
}

struct sev_gmem_populate_args {
	u8 type;
	int sev_fd;
	int fw_error;
};

/* A page of the initial image: filled while it is the host's, then the guest's, then measured. */
static int sev_gmem_post_populate(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn,
				  struct page *src_page, void *opaque)
{
	struct sev_gmem_populate_args *sev_populate_args = opaque;
	struct sev_data_snp_launch_update fw_args = {0};
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	bool assigned = false;
	int level;
	int ret;

	ret = snp_lookup_rmpentry((u64)pfn, &assigned, &level);
	if (ret || assigned) {
		pr_debug("%s: gfn 0x%llx is not the host's, ret %d\n", __func__, gfn, ret);
		ret = ret ? -EINVAL : -EEXIST;
		goto out;
	}

	if (src_page) {
		void *src_vaddr = kmap_local_page(src_page);
		void *dst_vaddr = kmap_local_pfn(pfn);

		memcpy(dst_vaddr, src_vaddr, PAGE_SIZE);

		kunmap_local(dst_vaddr);
		kunmap_local(src_vaddr);
	}

	ret = rmp_make_private(pfn, gfn << PAGE_SHIFT, PG_LEVEL_4K,
			       sev_get_asid(kvm), true);
	if (ret)
		goto out;

	fw_args.gctx_paddr = __psp_pa(sev->snp_context);
	fw_args.address = __sme_set(pfn_to_hpa(pfn));
	fw_args.page_size = PG_LEVEL_TO_RMP(PG_LEVEL_4K);
	fw_args.page_type = sev_populate_args->type;

	ret = __sev_issue_cmd(sev_populate_args->sev_fd, SEV_CMD_SNP_LAUNCH_UPDATE,
			      &fw_args, &sev_populate_args->fw_error);
	/*
	 * A page that was refused is taken back. If it held CPUID leaves that the firmware corrects, user space
	 * gets to see how.
	 */
	if (ret && !snp_page_reclaim(kvm, pfn) &&
	    sev_populate_args->type == KVM_SEV_SNP_PAGE_TYPE_CPUID &&
	    sev_populate_args->fw_error == SEV_RET_INVALID_PARAM) {
		void *src_vaddr = kmap_local_page(src_page);
		void *dst_vaddr = kmap_local_pfn(pfn);

		memcpy(src_vaddr, dst_vaddr, PAGE_SIZE);
		set_page_dirty_lock(src_page);

		kunmap_local(dst_vaddr);
		kunmap_local(src_vaddr);
	}

out:
	if (ret)
		pr_debug("%s: gfn %llx, ret %d\n", __func__, gfn, ret);
	return ret;
}

static int snp_launch_update(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	struct sev_gmem_populate_args sev_populate_args = {0};
	struct kvm_sev_snp_launch_update params;
	struct kvm_memory_slot *memslot;
	long npages, count;
	void __user *src;

	if (!sev_snp_guest(kvm) || !sev->snp_context)
		return -EINVAL;

	if (copy_from_user(&params, u64_to_user_ptr(argp->data), sizeof(params)))
		return -EFAULT;

	if (!params.len || !PAGE_ALIGNED(params.len) || params.flags ||
	    (params.type != KVM_SEV_SNP_PAGE_TYPE_NORMAL &&
	     params.type != KVM_SEV_SNP_PAGE_TYPE_ZERO &&
	     params.type != KVM_SEV_SNP_PAGE_TYPE_UNMEASURED &&
	     params.type != KVM_SEV_SNP_PAGE_TYPE_SECRETS &&
	     params.type != KVM_SEV_SNP_PAGE_TYPE_CPUID))
		return -EINVAL;

	if (params.type == KVM_SEV_SNP_PAGE_TYPE_ZERO)
		src = NULL;
	else if (!params.uaddr || !PAGE_ALIGNED(params.uaddr))
		return -EINVAL;
	else
		src = u64_to_user_ptr(params.uaddr);

	npages = params.len / PAGE_SIZE;

	/* neither memslots nor attributes change while their state is looked at and acted upon */
	guard(mutex)(&kvm->slots_lock);

	memslot = gfn_to_memslot(kvm, params.gfn_start);
	if (!kvm_slot_has_gmem(memslot))
		return -EINVAL;

	sev_populate_args.sev_fd = argp->sev_fd;
	sev_populate_args.type = params.type;

	count = kvm_gmem_populate(kvm, params.gfn_start, src, npages,
				  params.type == KVM_SEV_SNP_PAGE_TYPE_CPUID,
				  sev_gmem_post_populate, &sev_populate_args);
	if (count < 0) {
		argp->error = sev_populate_args.fw_error;
		pr_debug("%s: no page was taken, ret %ld\n", __func__, count);
		return -EIO;
	}

	params.gfn_start += count;
	params.len -= count * PAGE_SIZE;
	if (params.type != KVM_SEV_SNP_PAGE_TYPE_ZERO)
		params.uaddr += count * PAGE_SIZE;

	if (copy_to_user(u64_to_user_ptr(argp->data), &params, sizeof(params)))
		return -EFAULT;

	return 0;
}

/* The registers of all vCPUs, as KVM has made them, become the guest's. */
static int snp_launch_update_vmsa(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	struct sev_data_snp_launch_update data = {};
	struct kvm_vcpu *vcpu;
	unsigned long i;
	int ret;

	ret = kvm_lock_all_vcpus(kvm);
	if (ret)
		return ret;

	data.gctx_paddr = __psp_pa(sev->snp_context);
	data.page_type = SNP_PAGE_TYPE_VMSA;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		struct vcpu_svm *svm = to_svm(vcpu);
		u64 pfn = __pa(svm->sev_es.vmsa) >> PAGE_SHIFT;

		ret = sev_es_sync_vmsa(svm);
		if (ret)
			goto out;

		ret = rmp_make_private(pfn, INITIAL_VMSA_GPA, PG_LEVEL_4K, sev->asid, true);
		if (ret)
			goto out;

		data.address = __sme_pa(svm->sev_es.vmsa);
		ret = __sev_issue_cmd(argp->sev_fd, SEV_CMD_SNP_LAUNCH_UPDATE,
				      &data, &argp->error);
		if (ret) {
			snp_page_reclaim(kvm, pfn);

			goto out;
		}

		svm->vcpu.arch.guest_state_protected = true;
	}

out:
	kvm_unlock_all_vcpus(kvm);
	return ret;
}

static int snp_launch_finish(struct kvm *kvm, struct kvm_sev_cmd *argp)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	struct kvm_sev_snp_launch_finish params;
	struct sev_data_snp_launch_finish *data;
	int ret;

	if (!sev_snp_guest(kvm))
		return -ENOTTY;

	if (!sev->snp_context)
		return -EINVAL;

	if (copy_from_user(&params, u64_to_user_ptr(argp->data), sizeof(params)))
		return -EFAULT;

	if (params.flags)
		return -EINVAL;

	/* the vCPUs are part of what is measured */
	ret = snp_launch_update_vmsa(kvm, argp);
	if (ret)
		return ret;

	data = kzalloc_obj(*data, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOMEM;

	data->gctx_paddr = __psp_pa(sev->snp_context);
	ret = sev_issue_cmd(kvm, SEV_CMD_SNP_LAUNCH_FINISH, data, &argp->error);

	/* From here on a page becomes the guest's by its RMP entry alone: at a fault, or ahead of one. */
	if (!ret)
		kvm->arch.pre_fault_allowed = true;

	kfree(data);

	return ret;
}

int sev_mem_enc_ioctl(struct kvm *kvm, void __user *argp)
{
	struct kvm_sev_cmd sev_cmd;
	int r;

	if (!sev_enabled)
		return -ENOTTY;

	if (!argp)
		return 0;

	if (copy_from_user(&sev_cmd, argp, sizeof(struct kvm_sev_cmd)))
		return -EFAULT;

	guard(mutex)(&kvm->lock);

	/* an SNP guest has commands of its own */
	if (sev_snp_guest(kvm) && sev_cmd.id < KVM_SEV_SNP_LAUNCH_START)
		return -EPERM;

	switch (sev_cmd.id) {
	case KVM_SEV_INIT2:
		r = sev_guest_init2(kvm, &sev_cmd);
		break;
	case KVM_SEV_LAUNCH_UPDATE_VMSA:
		r = sev_launch_update_vmsa(kvm, &sev_cmd);
		break;
	case KVM_SEV_SNP_LAUNCH_START:
		r = snp_launch_start(kvm, &sev_cmd);
		break;
	case KVM_SEV_SNP_LAUNCH_UPDATE:
		r = snp_launch_update(kvm, &sev_cmd);
		break;
	case KVM_SEV_SNP_LAUNCH_FINISH:
		r = snp_launch_finish(kvm, &sev_cmd);
		break;
	default:
		return -EINVAL;
	}

	if (copy_to_user(argp, &sev_cmd, sizeof(struct kvm_sev_cmd)))
		r = -EFAULT;

	return r;
}

/* ---- VMs and vCPUs ---- */
static int snp_decommission_context(struct kvm *kvm)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	struct sev_data_snp_addr data = {};
	int ret;

	/* the launch has not begun */
	if (!sev->snp_context)
		return 0;

	/* the ASID goes with it */
	data.address = __sme_pa(sev->snp_context);
	down_write(&sev_deactivate_lock);
	ret = sev_do_cmd(SEV_CMD_SNP_DECOMMISSION, &data, NULL);
	up_write(&sev_deactivate_lock);

	if (WARN_ONCE(ret, "the guest context stays, ret %d", ret))
		return ret;

	snp_free_firmware_page(sev->snp_context);
	sev->snp_context = NULL;

	return 0;
}

void sev_vm_init(struct kvm *kvm)
{
	switch (kvm->arch.vm_type) {
	case KVM_X86_DEFAULT_VM:
	case KVM_X86_SW_PROTECTED_VM:
		break;
	case KVM_X86_SNP_VM:
		kvm->arch.has_private_mem = true;
		fallthrough;
	case KVM_X86_SEV_ES_VM:
		kvm->arch.has_protected_state = true;
		fallthrough;
	case KVM_X86_SEV_VM:
		kvm->arch.pre_fault_allowed = !kvm->arch.has_private_mem;
		to_kvm_sev_info(kvm)->need_init = true;
		break;
	default:
		WARN_ONCE(1, "VM type %u", kvm->arch.vm_type);
		break;
	}
}

void sev_vm_destroy(struct kvm *kvm)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);

	if (!sev_guest(kvm))
		return;

	if (sev_snp_guest(kvm)) {
		/* an ASID that the firmware does not let go is lost */
		if (snp_decommission_context(kvm))
			return;
	}

	sev_asid_free(sev);
}

void __init sev_hardware_setup(void)
{
	unsigned int eax, ebx, ecx, edx;

	cpuid(0x8000001f, &eax, &ebx, &ecx, &edx);

	max_sev_asid = ecx;
	min_sev_asid = edx;

	/* an ASID is its own index */
	nr_asids = max_sev_asid + 1;
	sev_asid_bitmap = bitmap_zalloc(nr_asids, GFP_KERNEL);
	sev_reclaim_asid_bitmap = bitmap_zalloc(nr_asids, GFP_KERNEL);

	min_sev_es_asid = min_snp_asid = 1;
	max_sev_es_asid = max_snp_asid = min_sev_asid - 1;
}

int sev_cpu_init(struct svm_cpu_data *sd)
{
	if (!sev_enabled)
		return 0;

	sd->sev_vmcbs = kcalloc(nr_asids, sizeof(void *), GFP_KERNEL);
	if (!sd->sev_vmcbs)
		return -ENOMEM;

	return 0;
}

/* What the guest's key has encrypted must not be written back over the next owner's data. */
static void sev_flush_encrypted_page(struct kvm_vcpu *vcpu, void *va)
{
	clflush_cache_range(va, PAGE_SIZE);
}

void sev_guest_memory_reclaimed(struct kvm *kvm)
{
	/* the VMM's own page table never had private memory of an SNP guest */
	if (!____sev_guest(kvm) || ____sev_snp_guest(kvm))
		return;

	sev_writeback_caches(kvm);
}

static void __sev_es_unmap_ghcb(struct vcpu_svm *svm)
{
	if (svm->sev_es.ghcb) {
		kvm_vcpu_unmap(&svm->vcpu, &svm->sev_es.ghcb_map);
		svm->sev_es.ghcb = NULL;
	}
}

void sev_free_vcpu(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm;

	if (!is_sev_es_guest(vcpu))
		return;

	svm = to_svm(vcpu);

	/* the firmware gave the page to an SNP guest */
	if (is_sev_snp_guest(vcpu)) {
		u64 pfn = __pa(svm->sev_es.vmsa) >> PAGE_SHIFT;

		if (kvm_rmp_make_shared(vcpu->kvm, pfn, PG_LEVEL_4K))
			goto skip_vmsa_free;
	}

	if (vcpu->arch.guest_state_protected)
		sev_flush_encrypted_page(vcpu, svm->sev_es.vmsa);

	__free_page(virt_to_page(svm->sev_es.vmsa));

skip_vmsa_free:
	__sev_es_unmap_ghcb(svm);
}

/* ---- before VMRUN ---- */
int pre_sev_run(struct vcpu_svm *svm, int cpu)
{
	struct svm_cpu_data *sd = per_cpu_ptr(&svm_data, cpu);
	struct kvm_vcpu *vcpu = &svm->vcpu;
	struct kvm *kvm = vcpu->kvm;
	unsigned int asid = sev_get_asid(kvm);

	/* there are no registers to run with: the guest took them away, or their page is gone */
	if (is_sev_es_guest(vcpu) && !VALID_PAGE(svm->vmcb->control.vmsa_pa))
		return -EINVAL;

	/* this CPU's caches may hold the guest's data from here on */
	if (!cpumask_test_cpu(cpu, to_kvm_sev_info(kvm)->have_run_cpus))
		cpumask_set_cpu(cpu, to_kvm_sev_info(kvm)->have_run_cpus);

	svm->asid = asid;

	/* The ASID's translations here are those of this vCPU, unless another ran here, or this one elsewhere. */
	if (sd->sev_vmcbs[asid] == svm->vmcb &&
	    svm->vcpu.arch.last_vmentry_cpu == cpu)
		return 0;

	sd->sev_vmcbs[asid] = svm->vmcb;
	svm->vmcb->control.tlb_ctl = TLB_CONTROL_FLUSH_ASID;
	return 0;
}

/* ---- what the guest asks for: VMGEXIT ---- */
static void set_ghcb_msr(struct vcpu_svm *svm, u64 value)
{
	svm->vmcb->control.ghcb_gpa = value;
}

static int snp_rmptable_psmash(kvm_pfn_t pfn)
{
	int ret;

	pfn = pfn & ~(KVM_PAGES_PER_HPAGE(PG_LEVEL_2M) - 1);

	/* another CPU is at the entry: it will be done soon */
	do {
		ret = psmash(pfn);
	} while (ret == PSMASH_FAIL_INUSE);

	return ret;
}

static int snp_complete_psc_msr(struct kvm_vcpu *vcpu)
{
	u64 hypercall_ret = READ_ONCE(vcpu->run->hypercall.ret);
	struct vcpu_svm *svm = to_svm(vcpu);

	if (!kvm_is_valid_map_gpa_range_ret(hypercall_ret))
		return -EINVAL;

	if (hypercall_ret)
		set_ghcb_msr(svm, GHCB_MSR_PSC_RESP_ERROR);
	else
		set_ghcb_msr(svm, GHCB_MSR_PSC_RESP);

	return 1; /* back to the guest */
}

/* A page state change is user space's to make: by the attributes. */
static int snp_begin_psc_msr(struct vcpu_svm *svm, u64 ghcb_msr)
{
	u64 gpa = gfn_to_gpa(GHCB_MSR_PSC_REQ_TO_GFN(ghcb_msr));
	u8 op = GHCB_MSR_PSC_REQ_TO_OP(ghcb_msr);
	struct kvm_vcpu *vcpu = &svm->vcpu;

	if (op != SNP_PAGE_STATE_PRIVATE && op != SNP_PAGE_STATE_SHARED) {
		set_ghcb_msr(svm, GHCB_MSR_PSC_RESP_ERROR);
		return 1; /* back to the guest */
	}

	if (!user_exit_on_hypercall(vcpu->kvm, KVM_HC_MAP_GPA_RANGE)) {
		set_ghcb_msr(svm, GHCB_MSR_PSC_RESP_ERROR);
		return 1; /* back to the guest */
	}

	vcpu->run->exit_reason = KVM_EXIT_HYPERCALL;
	vcpu->run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	vcpu->run->hypercall.ret = 0;
	vcpu->run->hypercall.args[0] = gpa;
	vcpu->run->hypercall.args[1] = 1;
	vcpu->run->hypercall.args[2] = (op == SNP_PAGE_STATE_PRIVATE)
				       ? KVM_MAP_GPA_RANGE_ENCRYPTED
				       : KVM_MAP_GPA_RANGE_DECRYPTED;
	vcpu->run->hypercall.args[2] |= KVM_MAP_GPA_RANGE_PAGE_SZ_4K;

	vcpu->arch.complete_userspace_io = snp_complete_psc_msr;

	return 0; /* to user space */
}

struct psc_buffer {
	struct psc_hdr hdr;
	struct psc_entry entries[];
};

static int snp_do_psc(struct vcpu_svm *svm);

/* The answer: none of its own in the first word, the code of page state changes in the second. */
static void snp_complete_psc(struct vcpu_svm *svm, u64 psc_ret)
{
	memset(&svm->sev_es.psc, 0, sizeof(svm->sev_es.psc));

	svm_vmgexit_no_action(svm, psc_ret);
}

/* User space has done what it was asked: so the guest's entries say, and the index goes on behind them. */
static void __snp_complete_one_psc(struct vcpu_svm *svm)
{
	struct vcpu_sev_es_state *sev_es = &svm->sev_es;
	struct psc_buffer *guest_psc = sev_es->ghcb_sa;
	u16 idx;

	for (idx = sev_es->psc.cur_idx; sev_es->psc.batch_size;
	     sev_es->psc.batch_size--, idx++) {
		struct psc_entry entry = READ_ONCE(guest_psc->entries[idx]);

		guest_psc->entries[idx].cur_page = entry.pagesize ? 512 : 1;
	}

	sev_es->psc.cur_idx = idx;
	guest_psc->hdr.cur_entry = idx;
}

static int snp_complete_one_psc(struct kvm_vcpu *vcpu)
{
	u64 hypercall_ret = READ_ONCE(vcpu->run->hypercall.ret);
	struct vcpu_svm *svm = to_svm(vcpu);

	if (!kvm_is_valid_map_gpa_range_ret(hypercall_ret))
		return -EINVAL;

	if (hypercall_ret) {
		snp_complete_psc(svm, VMGEXIT_PSC_ERROR_GENERIC);
		return 1; /* back to the guest */
	}

	__snp_complete_one_psc(svm);

	/* the rest, if there is any */
	return snp_do_psc(svm);
}

static int snp_do_psc(struct vcpu_svm *svm)
{
	struct vcpu_sev_es_state *sev_es = &svm->sev_es;
	struct psc_buffer *guest_psc = sev_es->ghcb_sa;
	struct kvm_vcpu *vcpu = &svm->vcpu;
	struct psc_entry entry_start;
	int npages;
	bool huge;
	u64 gfn;
	u16 idx;

next_range:
	/* one after the other */
	if (WARN_ON_ONCE(svm->sev_es.psc.batch_size)) {
		snp_complete_psc(svm, VMGEXIT_PSC_ERROR_GENERIC);
		return 1;
	}

	/* the next entry that is not done */
	for (idx = sev_es->psc.cur_idx; idx <= sev_es->psc.end_idx; idx++) {
		entry_start = READ_ONCE(guest_psc->entries[idx]);

		gfn = entry_start.gfn;
		huge = entry_start.pagesize;
		npages = huge ? 512 : 1;

		if (entry_start.cur_page > npages || !IS_ALIGNED(gfn, npages)) {
			snp_complete_psc(svm, VMGEXIT_PSC_ERROR_INVALID_ENTRY);
			return 1;
		}

		if (entry_start.cur_page) {
			/* a huge page that was begun is done page by page */
			npages -= entry_start.cur_page;
			gfn += entry_start.cur_page;
			huge = false;
		}

		if (npages)
			break;

		guest_psc->hdr.cur_entry++;
	}

	if (idx > sev_es->psc.end_idx) {
		/* all done */
		snp_complete_psc(svm, 0);
		return 1;
	}

	sev_es->psc.is_2m = huge;
	sev_es->psc.cur_idx = idx;
	sev_es->psc.batch_size = 1;

	/* its neighbours of the same kind make one exit with it */
	while (++idx <= sev_es->psc.end_idx) {
		struct psc_entry entry = READ_ONCE(guest_psc->entries[idx]);

		if (entry.operation != entry_start.operation ||
		    entry.gfn != entry_start.gfn + npages ||
		    entry.cur_page || !!entry.pagesize != huge)
			break;

		sev_es->psc.batch_size++;
		npages += huge ? 512 : 1;
	}

	switch (entry_start.operation) {
	case VMGEXIT_PSC_OP_PRIVATE:
	case VMGEXIT_PSC_OP_SHARED:
		vcpu->run->exit_reason = KVM_EXIT_HYPERCALL;
		vcpu->run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
		vcpu->run->hypercall.ret = 0;
		vcpu->run->hypercall.args[0] = gfn_to_gpa(gfn);
		vcpu->run->hypercall.args[1] = npages;
		vcpu->run->hypercall.args[2] = entry_start.operation == VMGEXIT_PSC_OP_PRIVATE
					       ? KVM_MAP_GPA_RANGE_ENCRYPTED
					       : KVM_MAP_GPA_RANGE_DECRYPTED;
		vcpu->run->hypercall.args[2] |= entry_start.pagesize
						? KVM_MAP_GPA_RANGE_PAGE_SZ_2M
						: KVM_MAP_GPA_RANGE_PAGE_SZ_4K;
		vcpu->arch.complete_userspace_io = snp_complete_one_psc;
		return 0; /* to user space */
	default:
		/* nothing is known to do: counts as done */
		__snp_complete_one_psc(svm);
		goto next_range;
	}

	BUG();
}

static int snp_begin_psc(struct vcpu_svm *svm)
{
	struct vcpu_sev_es_state *sev_es = &svm->sev_es;
	struct psc_buffer *guest_psc = sev_es->ghcb_sa;
	u16 max_nr_entries;

	if (!user_exit_on_hypercall(svm->vcpu.kvm, KVM_HC_MAP_GPA_RANGE)) {
		snp_complete_psc(svm, VMGEXIT_PSC_ERROR_GENERIC);
		return 1;
	}

	/* as many as the shared buffer has room for */
	max_nr_entries = (sev_es->ghcb_sa_len - sizeof(struct psc_hdr)) /
			 sizeof(struct psc_entry);
	if (WARN_ON_ONCE(max_nr_entries > VMGEXIT_PSC_MAX_COUNT)) {
		snp_complete_psc(svm, VMGEXIT_PSC_ERROR_GENERIC);
		return 1;
	}

	/* The guest may write there at any time: an index is used only as it was when it was checked. */
	sev_es->psc.cur_idx = READ_ONCE(guest_psc->hdr.cur_entry);
	sev_es->psc.end_idx = READ_ONCE(guest_psc->hdr.end_entry);

	if (sev_es->psc.end_idx >= max_nr_entries) {
		snp_complete_psc(svm, VMGEXIT_PSC_ERROR_INVALID_HDR);
		return 1;
	}

	return snp_do_psc(svm);
}

/* ---- the GHCB ---- */
static void sev_es_sync_from_ghcb(struct vcpu_svm *svm)
{
	struct vmcb_control_area *control = &svm->vmcb->control;
	struct ghcb *ghcb = svm->sev_es.ghcb;

	memcpy(&svm->sev_es.valid_bitmap, &ghcb->save.valid_bitmap, sizeof(ghcb->save.valid_bitmap));

	/* what the exit is for, as if the VMCB had it */
	control->exit_code = kvm_ghcb_get_sw_exit_code(svm);
	control->exit_info_1 = kvm_ghcb_get_sw_exit_info_1(svm);
	control->exit_info_2 = kvm_ghcb_get_sw_exit_info_2(svm);
	svm->sev_es.sw_scratch = kvm_ghcb_get_sw_scratch_if_valid(svm);

	memset(ghcb->save.valid_bitmap, 0, sizeof(ghcb->save.valid_bitmap));
}

static bool is_snp_only_vmgexit(u64 exit_code)
{
	return exit_code == SVM_VMGEXIT_PSC;
}

static bool sev_es_are_required_ghcb_fields_valid(struct vcpu_svm *svm)
{
	struct vmcb_control_area *control = &svm->vmcb->control;

	if (!kvm_ghcb_sw_exit_code_is_valid(svm) ||
	    !kvm_ghcb_sw_exit_info_1_is_valid(svm) ||
	    !kvm_ghcb_sw_exit_info_2_is_valid(svm))
		return false;

	switch (control->exit_code) {
	case SVM_VMGEXIT_PSC:
		return kvm_ghcb_sw_scratch_is_valid(svm);
	default:
		return true;
	}
}

void sev_es_unmap_ghcb(struct vcpu_svm *svm)
{
	if (!svm->sev_es.ghcb)
		return;

	__sev_es_unmap_ghcb(svm);
}

/* The data of a request: within the GHCB itself, as its second version has it. */
static int setup_vmgexit_scratch(struct vcpu_svm *svm, bool sync, u64 min_len)
{
	struct vmcb_control_area *control = &svm->vmcb->control;
	u64 ghcb_scratch_beg, ghcb_scratch_end;
	u64 scratch_gpa_beg, scratch_gpa_end;
	void *scratch_va;

	if (WARN_ON_ONCE(!min_len))
		goto e_scratch;

	scratch_gpa_beg = svm->sev_es.sw_scratch;
	if (!scratch_gpa_beg)
		goto e_scratch;

	scratch_gpa_end = scratch_gpa_beg + min_len;
	if (scratch_gpa_end < scratch_gpa_beg)
		goto e_scratch;

	if ((scratch_gpa_beg & PAGE_MASK) != control->ghcb_gpa)
		goto e_scratch;

	ghcb_scratch_beg = control->ghcb_gpa +
			   offsetof(struct ghcb, shared_buffer);
	ghcb_scratch_end = control->ghcb_gpa +
			   offsetof(struct ghcb, reserved_0xff0);

	if (scratch_gpa_beg < ghcb_scratch_beg ||
	    scratch_gpa_end > ghcb_scratch_end)
		goto e_scratch;

	scratch_va = (void *)svm->sev_es.ghcb;
	scratch_va += (scratch_gpa_beg - control->ghcb_gpa);

	svm->sev_es.ghcb_sa_len = ghcb_scratch_end - scratch_gpa_beg;
	svm->sev_es.ghcb_sa = scratch_va;
	return 0;

e_scratch:
	svm_vmgexit_bad_input(svm, GHCB_ERR_INVALID_SCRATCH_AREA);

	return 1;
}

/* ---- VMSAs in the guest's own memory ---- */

/* From here on the vCPU runs with the registers at @gpa, or with none. */
static void __sev_snp_reload_vmsa(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct kvm_memory_slot *slot;
	struct kvm *kvm = vcpu->kvm;
	gfn_t gfn = gpa_to_gfn(gpa);
	unsigned long mmu_seq;
	struct page *page;
	kvm_pfn_t pfn;

	lockdep_assert_held(&svm->sev_es.snp_vmsa_mutex);

	/* Invalidations read the address without this lock: it changes in one go. */
	svm->vmcb->control.vmsa_pa = INVALID_PAGE;
	WRITE_ONCE(svm->sev_es.snp_guest_vmsa_gpa, INVALID_PAGE);

	/* all of the VMCB is to be loaded anew */
	vmcb_mark_all_dirty(svm->vmcb);

	/* The page that KVM made is not used again; it is freed with the vCPU. */
	svm->sev_es.snp_has_guest_vmsa = true;

	if (!VALID_PAGE(gpa))
		return;

	slot = gfn_to_memslot(vcpu->kvm, gfn);
	if (!slot)
		return;

	mmu_seq = kvm->mmu_invalidate_seq;
	smp_rmb();

	if (kvm_gmem_get_pfn(vcpu->kvm, slot, gfn, &pfn, &page, NULL))
		return;

	read_lock(&kvm->mmu_lock);
	/*
	 * Invalidations find the vCPU by the address from here on. If one has come between, the same address
	 * is tried once more.
	 */
	svm->sev_es.snp_guest_vmsa_gpa = gpa;
	if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn))
		kvm_make_request(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);
	else
		svm->vmcb->control.vmsa_pa = pfn_to_hpa(pfn);
	read_unlock(&kvm->mmu_lock);

	kvm_release_page_clean(page);
}

/* INIT of a vCPU: takes up what another one has asked for it. */
static void sev_snp_init_protected_guest_state(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	gpa_t gpa;

	guard(mutex)(&svm->sev_es.snp_vmsa_mutex);

	if (!svm->sev_es.snp_ap_waiting_for_reset)
		return;

	svm->sev_es.snp_ap_waiting_for_reset = false;

	/* it does not run without registers */
	kvm_set_mp_state(vcpu, KVM_MP_STATE_HALTED);

	gpa = svm->sev_es.snp_pending_vmsa_gpa;
	svm->sev_es.snp_pending_vmsa_gpa = INVALID_PAGE;

	__sev_snp_reload_vmsa(vcpu, gpa);

	/* If there should be some, but are none, KVM_RUN fails, and the vCPU does not wait for ever. */
	if (VALID_PAGE(gpa))
		kvm_set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE);
}

void sev_snp_reload_vmsa(struct kvm_vcpu *vcpu)
{
	struct vcpu_sev_es_state *sev_es = &to_svm(vcpu)->sev_es;

	guard(mutex)(&sev_es->snp_vmsa_mutex);

	__sev_snp_reload_vmsa(vcpu, sev_es->snp_guest_vmsa_gpa);
}

static int sev_snp_ap_creation(struct vcpu_svm *svm)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(svm->vcpu.kvm);
	struct kvm_vcpu *vcpu = &svm->vcpu;
	struct kvm_vcpu *target_vcpu;
	struct vcpu_svm *target_svm;
	unsigned int request;
	unsigned int apic_id;

	request = lower_32_bits(svm->vmcb->control.exit_info_1);
	apic_id = upper_32_bits(svm->vmcb->control.exit_info_1);

	target_vcpu = kvm_get_vcpu_by_id(vcpu->kvm, apic_id);
	if (!target_vcpu) {
		vcpu_unimpl(vcpu, "no vCPU %#x\n", apic_id);
		return -EINVAL;
	}

	target_svm = to_svm(target_vcpu);

	guard(mutex)(&target_svm->sev_es.snp_vmsa_mutex);

	switch (request) {
	case SVM_VMGEXIT_AP_CREATE_ON_INIT:
	case SVM_VMGEXIT_AP_CREATE:
		if (vcpu->arch.regs[VCPU_REGS_RAX] != sev->vmsa_features) {
			vcpu_unimpl(vcpu, "features %#lx\n", vcpu->arch.regs[VCPU_REGS_RAX]);
			return -EINVAL;
		}

		if (!page_address_valid(vcpu, svm->vmcb->control.exit_info_2)) {
			vcpu_unimpl(vcpu, "address %#llx\n", svm->vmcb->control.exit_info_2);
			return -EINVAL;
		}

		/* some CPUs take a huge page of the host for one that collides with such a VMSA */
		if (IS_ALIGNED(svm->vmcb->control.exit_info_2, PMD_SIZE)) {
			vcpu_unimpl(vcpu, "address %llx is aligned\n", svm->vmcb->control.exit_info_2);
			return -EINVAL;
		}

		target_svm->sev_es.snp_pending_vmsa_gpa = svm->vmcb->control.exit_info_2;
		break;
	case SVM_VMGEXIT_AP_DESTROY:
		target_svm->sev_es.snp_pending_vmsa_gpa = INVALID_PAGE;
		break;
	default:
		vcpu_unimpl(vcpu, "request %#x\n", request);
		return -EINVAL;
	}

	target_svm->sev_es.snp_ap_waiting_for_reset = true;

	/* now, unless the guest sends the INIT itself */
	if (request != SVM_VMGEXIT_AP_CREATE_ON_INIT)
		kvm_make_request_and_kick(KVM_REQ_UPDATE_PROTECTED_GUEST_STATE, target_vcpu);

	return 0;
}

static int sev_handle_vmgexit_msr_protocol(struct vcpu_svm *svm)
{
	struct vmcb_control_area *control = &svm->vmcb->control;
	struct kvm_vcpu *vcpu = &svm->vcpu;
	u64 ghcb_info;
	int ret = 1;

	ghcb_info = control->ghcb_gpa & GHCB_MSR_INFO_MASK;

	switch (ghcb_info) {
	case GHCB_MSR_PSC_REQ:
		if (!is_sev_snp_guest(vcpu))
			goto out_terminate;

		ret = snp_begin_psc_msr(svm, control->ghcb_gpa);
		break;
	case GHCB_MSR_TERM_REQ:
		goto out_terminate;
	default:
		/* the guest finds what it wrote */
		break;
	}

	return ret;

out_terminate:
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;

	return 0;
}

int sev_handle_vmgexit(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *control = &svm->vmcb->control;
	u64 ghcb_gpa;

	ghcb_gpa = control->ghcb_gpa;
	if (ghcb_gpa & GHCB_MSR_INFO_MASK)
		return sev_handle_vmgexit_msr_protocol(svm);

	if (!ghcb_gpa) {
		vcpu_unimpl(vcpu, "no GHCB\n");
		return 1;
	}

	if (kvm_vcpu_map(vcpu, ghcb_gpa >> PAGE_SHIFT, &svm->sev_es.ghcb_map)) {
		vcpu_unimpl(vcpu, "no page for the GHCB at %#llx\n", ghcb_gpa);
		return 1;
	}

	svm->sev_es.ghcb = svm->sev_es.ghcb_map.hva;

	sev_es_sync_from_ghcb(svm);

	if (is_sev_snp_guest(vcpu) &&
	    !ghcb_gpa_is_registered(svm, control->ghcb_gpa)) {
		svm_vmgexit_bad_input(svm, GHCB_ERR_NOT_REGISTERED);
		return 1;
	}

	if (svm->sev_es.ghcb->ghcb_usage) {
		svm_vmgexit_bad_input(svm, GHCB_ERR_INVALID_USAGE);
		return 1;
	}

	if (is_snp_only_vmgexit(control->exit_code) && !is_sev_snp_guest(vcpu)) {
		svm_vmgexit_bad_input(svm, GHCB_ERR_INVALID_EVENT);
		return 1;
	}

	if (!sev_es_are_required_ghcb_fields_valid(svm)) {
		svm_vmgexit_bad_input(svm, GHCB_ERR_MISSING_INPUT);
		return 1;
	}

	svm_vmgexit_success(svm, 0);

	switch (control->exit_code) {
	case SVM_VMGEXIT_PSC: {
		int r;

		r = setup_vmgexit_scratch(svm, true, sizeof(struct psc_hdr));
		if (r)
			return r;

		return snp_begin_psc(svm);
	}
	default:
		vcpu_unimpl(vcpu, "exit code %#llx\n", control->exit_code);
		svm_vmgexit_bad_input(svm, GHCB_ERR_INVALID_EVENT);
		return 1;
	}

	KVM_BUG_ON(1, vcpu->kvm);
	return -EIO;
}

/* ---- RESET and INIT ---- */
static void sev_es_init_vmcb(struct vcpu_svm *svm, bool init_event)
{
	struct vmcb *vmcb = svm->vmcb01.ptr;

	svm->vmcb->control.misc_ctl |= SVM_MISC_ENABLE_SEV_ES;

	/* the registers have a page of their own, which the CPU accesses with the guest's key */
	if (!svm->sev_es.snp_has_guest_vmsa) {
		if (svm->sev_es.vmsa)
			svm->vmcb->control.vmsa_pa = __pa(svm->sev_es.vmsa);
		else
			svm->vmcb->control.vmsa_pa = INVALID_PAGE;
	}

	if (!init_event)
		set_ghcb_msr(svm, GHCB_MSR_SEV_INFO_RESP);
}

void sev_init_vmcb(struct vcpu_svm *svm, bool init_event)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;

	svm->vmcb->control.misc_ctl |= SVM_MISC_ENABLE_SEV;

	if (init_event && is_sev_snp_guest(vcpu))
		sev_snp_init_protected_guest_state(vcpu);

	if (is_sev_es_guest(vcpu))
		sev_es_init_vmcb(svm, init_event);
}

int sev_vcpu_create(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct page *vmsa_page;

	mutex_init(&svm->sev_es.snp_vmsa_mutex);

	if (!is_sev_es_guest(vcpu))
		return 0;

	/* for the registers, which are not in the VMCB */
	vmsa_page = snp_safe_alloc_page();
	if (!vmsa_page)
		return -ENOMEM;

	svm->sev_es.vmsa = page_address(vmsa_page);
	svm->sev_es.snp_pending_vmsa_gpa = INVALID_PAGE;
	svm->sev_es.snp_guest_vmsa_gpa = INVALID_PAGE;

	return 0;
}

/* A page that does not begin a huge one: see sev_snp_ap_creation(). */
struct page *snp_safe_alloc_page_node(int node, gfp_t gfp)
{
	unsigned long pfn;
	struct page *p;

	if (!cc_platform_has(CC_ATTR_HOST_SEV_SNP))
		return alloc_pages_node(node, gfp | __GFP_ZERO, 0);

	/* one of two neighbours will do */
	p = alloc_pages_node(node, gfp | __GFP_ZERO, 1);
	if (!p)
		return NULL;

	split_page(p, 1);

	pfn = page_to_pfn(p);
	if (IS_ALIGNED(pfn, PTRS_PER_PMD))
		__free_page(p++);
	else
		__free_page(p + 1);

	return p;
}

/* ---- the RMP's entries of a guest_memfd's pages ---- */

/* #NPF with the RMP bit: the page's entry of the RMP and the guest's view of it differ in size. */
void sev_handle_rmp_fault(struct kvm_vcpu *vcpu, gpa_t gpa, u64 error_code)
{
	struct kvm_memory_slot *slot;
	struct kvm *kvm = vcpu->kvm;
	int order, rmp_level, ret;
	struct page *page;
	bool assigned;
	kvm_pfn_t pfn;
	gfn_t gfn;

	gfn = gpa >> PAGE_SHIFT;

	/* An implicit conversion to private is user space's: KVM_EXIT_MEMORY_FAULT has told it. */
	if (!kvm_mem_is_private(kvm, gfn)) {
		pr_warn_ratelimited("gpa 0x%llx is not private\n", gpa);
		return;
	}

	slot = gfn_to_memslot(kvm, gfn);
	if (!kvm_slot_has_gmem(slot)) {
		pr_warn_ratelimited("gpa 0x%llx has no guest_memfd\n", gpa);
		return;
	}

	ret = kvm_gmem_get_pfn(kvm, slot, gfn, &pfn, &page, &order);
	if (ret) {
		pr_warn_ratelimited("gpa 0x%llx has no page\n", gpa);
		return;
	}

	ret = snp_lookup_rmpentry(pfn, &assigned, &rmp_level);
	if (ret || !assigned) {
		pr_warn_ratelimited("gpa 0x%llx, pfn 0x%llx: not assigned, error %d\n", gpa, pfn, ret);
		goto out_no_trace;
	}

	/*
	 * The guest works on less than a huge entry covers: PVALIDATE or RMPADJUST of a small page, or an
	 * access through a small mapping. The entry is split. If it is small by now, another vCPU has done so.
	 */
	if (rmp_level == PG_LEVEL_4K)
		goto out;

	ret = snp_rmptable_psmash(pfn);
	if (ret) {
		/* or has it been done since the lookup? */
		if (!snp_lookup_rmpentry(pfn, &assigned, &rmp_level) &&
		    assigned && rmp_level == PG_LEVEL_4K)
			goto out;

		pr_warn_ratelimited("gpa 0x%llx, pfn 0x%llx: no split, ret %d\n", gpa, pfn, ret);
	}

	kvm_zap_gfn_range(kvm, gfn, gfn + PTRS_PER_PMD);
out:
out_no_trace:
	kvm_release_page_unused(page);
}

static bool is_pfn_range_shared(kvm_pfn_t start, kvm_pfn_t end)
{
	kvm_pfn_t pfn = start;

	while (pfn < end) {
		int ret, rmp_level;
		bool assigned;

		ret = snp_lookup_rmpentry(pfn, &assigned, &rmp_level);
		if (ret) {
			pr_warn_ratelimited("pfn 0x%llx: no RMP entry, error %d\n", pfn, ret);
			return false;
		}

		if (assigned) {
			pr_debug("%s: pfn 0x%llx\n", __func__, pfn);
			return false;
		}

		pfn++;
	}

	return true;
}

/* Can one huge entry cover the page: is it in a large folio, around which nothing is assigned? */
static bool is_large_rmp_possible(kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	kvm_pfn_t pfn_aligned = ALIGN_DOWN(pfn, PTRS_PER_PMD);

	if (nr_pages >= KVM_PAGES_PER_HPAGE(PG_LEVEL_2M) &&
	    is_pfn_range_shared(pfn_aligned, pfn_aligned + PTRS_PER_PMD))
		return true;

	return false;
}

int sev_gmem_make_private(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	struct kvm_sev_info *sev = to_kvm_sev_info(kvm);
	kvm_pfn_t pfn_aligned;
	gfn_t gfn_aligned;
	int level, rc;
	bool assigned;

	if (!sev_snp_guest(kvm))
		return 0;

	if (WARN_ON_ONCE(nr_pages != 1))
		return -EIO;

	rc = snp_lookup_rmpentry(pfn, &assigned, &level);
	if (rc) {
		pr_err_ratelimited("gfn %llx, pfn %llx: no RMP entry, error %d\n", gfn, pfn, rc);
		return -ENOENT;
	}

	if (assigned) {
		pr_debug("%s: gfn %llx, pfn %llx\n", __func__, gfn, pfn);
		return 0;
	}

	if (is_large_rmp_possible(pfn, nr_pages)) {
		level = PG_LEVEL_2M;
		pfn_aligned = ALIGN_DOWN(pfn, PTRS_PER_PMD);
		gfn_aligned = ALIGN_DOWN(gfn, PTRS_PER_PMD);
	} else {
		level = PG_LEVEL_4K;
		pfn_aligned = pfn;
		gfn_aligned = gfn;
	}

	rc = rmp_make_private(pfn_aligned, gfn_to_gpa(gfn_aligned), level, sev->asid, false);
	if (rc) {
		pr_err_ratelimited("gfn %llx, pfn %llx: not assigned, error %d\n", gfn, pfn, rc);
		return -EINVAL;
	}

	pr_debug("%s: gfn %llx, pfn %llx, level %d\n", __func__, gfn, pfn, level);

	return 0;
}

void sev_gmem_make_shared(kvm_pfn_t pfn, kvm_pfn_t nr_pages)
{
	kvm_pfn_t end = pfn + nr_pages;

	if (!cc_platform_has(CC_ATTR_HOST_SEV_SNP))
		return;

	pr_debug("%s: pfns 0x%llx to 0x%llx\n", __func__, pfn, end);

	while (pfn < end) {
		bool use_2m_update = false;
		int rc, rmp_level;
		bool assigned;

		rc = snp_lookup_rmpentry(pfn, &assigned, &rmp_level);
		if (rc || !assigned)
			goto next_pfn;

		use_2m_update = IS_ALIGNED(pfn, PTRS_PER_PMD) &&
				end >= (pfn + PTRS_PER_PMD) &&
				rmp_level > PG_LEVEL_4K;

		/* part of a huge entry: it is split first, and if it cannot be, RMPUPDATE has the last word */
		if (!use_2m_update && rmp_level > PG_LEVEL_4K) {
			rc = snp_rmptable_psmash(pfn);
			WARN_ONCE(rc, "pfn 0x%llx: no split, error %d\n", pfn, rc);
		}

		rc = rmp_make_shared(pfn, use_2m_update ? PG_LEVEL_2M : PG_LEVEL_4K);
		if (WARN_ONCE(rc, "pfn 0x%llx: not taken back, error %d\n", pfn, rc))
			goto next_pfn;

		/* No notifier of the VMM's page table comes by here: the caches are flushed now. */
		clflush_cache_range(__va(pfn_to_hpa(pfn)),
				    use_2m_update ? PMD_SIZE : PAGE_SIZE);
next_pfn:
		pfn += use_2m_update ? PTRS_PER_PMD : 1;
		cond_resched();
	}
}

/* vCPUs whose registers lie in the range come out of the guest and look them up again. */
void sev_gmem_invalidate_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	lockdep_assert_held_write(&kvm->mmu_lock);

	if (!____sev_snp_guest(kvm))
		return;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		/*
		 * Without the vCPU's lock, which may sleep: the address becomes valid under mmu_lock only, and
		 * a vCPU that is asked in vain just looks once more.
		 */
		gpa_t gpa = READ_ONCE(to_svm(vcpu)->sev_es.snp_guest_vmsa_gpa);

		if (VALID_PAGE(gpa) &&
		    gpa_to_gfn(gpa) >= range->start &&
		    gpa_to_gfn(gpa) < range->end)
			kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);
	}
}

int sev_gmem_max_mapping_level(struct kvm *kvm, kvm_pfn_t pfn, bool is_private)
{
	int level, rc;
	bool assigned;

	if (!sev_snp_guest(kvm))
		return 0;

	rc = snp_lookup_rmpentry(pfn, &assigned, &level);
	if (rc || !assigned)
		return PG_LEVEL_4K;

	return level;
}
