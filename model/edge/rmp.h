/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of an SNP host's kernel gives to KVM: the RMP's instructions with the kernel's
 * signatures, the host's view of encrypted memory, the SVM part of CPUID.
 */
#ifndef __RMP_H
#define __RMP_H

/* ---- the reverse map table ---- */
#define PTRS_PER_PMD (1UL << SPTE_LEVEL_BITS)
#define PSMASH_FAIL_INUSE 3
#define RMPUPDATE_FAIL_OVERLAP 4
#define RMP_PG_SIZE_4K 0
#define RMP_PG_SIZE_2M 1
#define RMP_TO_PG_LEVEL(size) ((size) == RMP_PG_SIZE_4K ? PG_LEVEL_4K : PG_LEVEL_2M)
#define PG_LEVEL_TO_RMP(level) ((level) == PG_LEVEL_4K ? RMP_PG_SIZE_4K : RMP_PG_SIZE_2M)
int snp_lookup_rmpentry(u64 pfn, bool *assigned, int *level);
int psmash(u64 pfn);
int rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable);
int rmp_make_shared(u64 pfn, enum pg_level level);
/* the pages are never used again */
#define snp_leak_pages(pfn, npages) do { } while (0)
#define __snp_leak_pages(pfn, npages, dump) do { } while (0)
#define clflush_cache_range(addr, size) do { } while (0)
#define wbinvd_on_all_cpus() do { } while (0)
#define wbnoinvd_on_all_cpus() do { } while (0)
#define wbnoinvd_on_cpus_mask(mask) do { } while (0)

enum cc_attr { CC_ATTR_MEM_ENCRYPT, CC_ATTR_HOST_SEV_SNP };
#define cc_platform_has(attr) ((attr) == CC_ATTR_HOST_SEV_SNP)
/* the host's own memory is not encrypted */
#define __sme_set(x) (x)
#define __sme_clr(x) (x)
#define __sme_pa(x) __pa(x)
#define __sme_va(x) __va(x)
#define __psp_pa(x) __pa(x)
#define sme_me_mask 0ULL

/* ---- the processor, as CPUID reports it: the C-bit, ASIDs 1 and 2 for SEV-ES and SNP, 3 and 4 for SEV ---- */
#define cpuid(leaf, a, b, c, d) (*(a) = 0, *(b) = 47, *(c) = 4, *(d) = 3)
#define tsc_khz 0

/* ---- pages and bits ---- */
struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order);
#define numa_node_id() 0
#define split_page(page, order) do { } while (0)
#define bitmap_zalloc(n, gfp) ((unsigned long *)kzalloc(BITS_TO_LONGS(n) * sizeof(long), gfp))
#define bitmap_free(map) kfree(map)
static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size, unsigned long start)
{
	while (start < size && test_bit(start, map))
		start++;
	return start;
}

/* ---- files by descriptor ---- */
typedef struct fd class_fd_t;
static inline struct fd class_fd_constructor(int fd)
{
	struct fd f = { fget(fd) };

	return f;
}
static inline void class_fd_destructor(struct fd *f)
{
	if (f->file)
		fput(f->file);
}
#define fd_empty(f) (!(f).file)
#define fd_file(f) ((f).file)

#endif
