/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instructions on the reverse map table with the loops that the kernel has around them, and the
 * firmware of the security processor: commands that change the table do so, others have the answer that
 * lets KVM go on.
 */
#include "entry.h"
#include "sev.h"

#ifdef TREE_HAS_SEV
#include <linux/psp-sev.h>

/* the address space id that the guest's keys were activated for */
static u32 guest_asid;

int snp_lookup_rmpentry(u64 pfn, bool *assigned, int *level)
{
	*assigned = __rmp_assigned(pfn);
	*level = __rmp_level(pfn);
	return 0;
}

int psmash(u64 pfn)
{
	return __psmash(pfn);
}

static int rmpupdate(u64 pfn, bool assigned, u64 gpa, int level, u32 asid, bool immutable)
{
	int ret;

	do {
		ret = __rmpupdate(pfn, assigned, gpa, level, asid, immutable);
	} while (ret == RMPUPDATE_FAIL_OVERLAP);

	return ret ? -EFAULT : 0;
}

int rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	if (__fault("RMPUPDATE fails"))
		return -EFAULT;

	return rmpupdate(pfn, true, gpa, level, asid, immutable);
}

int rmp_make_shared(u64 pfn, enum pg_level level)
{
	return rmpupdate(pfn, false, 0, level, 0, false);
}

static int firmware(int cmd, void *data)
{
	switch (cmd) {
	case SEV_CMD_SNP_ACTIVATE:
		guest_asid = ((struct sev_data_snp_activate *)data)->asid;
		return 0;
	case SEV_CMD_SNP_LAUNCH_UPDATE: {
		struct sev_data_snp_launch_update *update = data;

		if (__fault("LAUNCH_UPDATE fails"))
			return -EIO;
		return __snp_launch_update(update->address >> PAGE_SHIFT, guest_asid,
					   update->page_type == SNP_PAGE_TYPE_VMSA) ? 0 : -EIO;
	}
	case SEV_CMD_SNP_LAUNCH_FINISH:
		__snp_launch_finish();
		return 0;
	case SEV_CMD_SNP_PAGE_RECLAIM:
		return __snp_page_reclaim(((struct sev_data_snp_page_reclaim *)data)->paddr >> PAGE_SHIFT) ? 0 : -EIO;
	case SEV_CMD_SNP_PLATFORM_STATUS: {
		struct sev_data_snp_addr *buf = data;

		((struct sev_user_data_snp_status *)__va(buf->address))->state = 1;
		return 0;
	}
	default:
		return 0;
	}
}

int sev_do_cmd(int cmd, void *data, int *psp_ret)
{
	int ret = firmware(cmd, data);

	if (psp_ret)
		*psp_ret = ret ? SEV_RET_INVALID_PAGE_STATE : 0;
	return ret;
}

int sev_issue_cmd_external_user(struct file *filep, unsigned int cmd, void *data, int *error)
{
	return sev_do_cmd(cmd, data, error);
}

/* One page or two that follow each other, which during set-up the lowest free ones do. */
struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_page(gfp);
	struct page *second = page && order ? alloc_page(gfp) : NULL;

	BUG_ON(order > 1 || (second && second != page + 1));
	return page;
}

/* The firmware's pages are of no interest beyond being pages. */
void *snp_alloc_firmware_page(gfp_t mask)
{
	return (void *)get_zeroed_page(mask);
}

void snp_free_firmware_page(void *addr)
{
	free_page((unsigned long)addr);
}

#endif
