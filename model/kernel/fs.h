/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and inodes as guest_memfd and KVM's descriptors use them, with the kernel's signatures.
 */
#ifndef __KERNEL_FS_H
#define __KERNEL_FS_H

#include "types.h"
#include "gmem_file.h"

#define NR_FDS 12
#define S_IFREG 0100000
#define O_RDWR 2
#define O_CLOEXEC 02000000
#define O_LARGEFILE 0100000
#define MNT_NOEXEC 4
#define SLAB_ACCOUNT 0
#define GUEST_MEMFD_MAGIC 0x474d454dUL

struct inode;
struct file;
struct vm_area_struct;
struct vm_fault;
struct mnt_idmap;
struct iattr;
struct fs_context;

struct address_space_operations {
	bool (*dirty_folio)(struct address_space *mapping, struct folio *folio);
	int (*migrate_folio)(struct address_space *mapping, struct folio *dst, struct folio *src, enum migrate_mode mode);
	int (*error_remove_folio)(struct address_space *mapping, struct folio *folio);
	void (*free_folio)(struct folio *folio);
	void (*invalidate_folio)(struct folio *folio, size_t offset, size_t len);
};

struct address_space {
	struct inode *host;
	struct rw_semaphore invalidate_lock;
	struct mutex folio_lock[GMEM_NR_PAGES];
	/* what the array holds follows it */
	struct xarray i_pages;
	struct folio *folios[GMEM_NR_PAGES];
	const struct address_space_operations *a_ops;
	gfp_t gfp_mask;
	unsigned long nrpages;
	void *i_private_data;
	struct list_head i_private_list;
};

struct inode_operations {
	int (*setattr)(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr);
	int (*getattr)(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
};

struct inode {
	struct address_space *i_mapping;
	struct address_space i_data;
	const struct inode_operations *i_op;
	struct super_block *i_sb;
	void *i_private;
	umode_t i_mode;
	loff_t i_size;
	unsigned long i_ino;
	unsigned int i_nlink;
};

struct super_operations {
	struct inode *(*alloc_inode)(struct super_block *sb);
	void (*destroy_inode)(struct inode *inode);
	void (*free_inode)(struct inode *inode);
	int (*statfs)(struct dentry *dentry, struct kstatfs *buf);
};
struct super_block { const struct super_operations *s_op; };
struct vfsmount { struct super_block *mnt_sb; int mnt_flags; };
struct pseudo_fs_context { const struct super_operations *ops; };
struct fs_context { struct pseudo_fs_context *fs_private; };
struct file_system_type {
	const char *name;
	int (*init_fs_context)(struct fs_context *fc);
	void (*kill_sb)(struct super_block *sb);
	struct module *owner;
};

typedef struct { int flags; } seq_file_unused;
struct file_operations {
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file, void *id);
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
	long (*unlocked_ioctl)(struct file *file, unsigned int ioctl, unsigned long arg);
	long (*compat_ioctl)(struct file *file, unsigned int ioctl, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	ssize_t (*read)(struct file *file, char *buf, size_t n, loff_t *pos);
	ssize_t (*write)(struct file *file, const char *buf, size_t n, loff_t *pos);
};

struct vm_operations_struct {
	vm_fault_t (*fault)(struct vm_fault *vmf);
	struct mempolicy *(*get_policy)(struct vm_area_struct *vma, unsigned long addr, pgoff_t *ilx);
	int (*set_policy)(struct vm_area_struct *vma, struct mempolicy *mpol);
};
struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_pgoff, vm_flags;
	struct file *vm_file;
	const struct vm_operations_struct *vm_ops;
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
};
struct vm_fault { struct vm_area_struct *vma; pgoff_t pgoff; struct page *page; };

struct file {
	refcount_t f_count;
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	struct address_space *f_mapping;
	unsigned int f_flags;
	fmode_t f_mode;
};
struct fd { struct file *file; };
struct miscdevice { int minor; const char *name; const struct file_operations *fops; struct device *this_device; umode_t mode; };

static inline struct inode *file_inode(const struct file *f) { return f->f_inode; }
static inline loff_t i_size_read(const struct inode *inode) { return inode->i_size; }

void inode_init_once(struct inode *inode);
struct inode *anon_inode_make_secure_inode(struct super_block *sb, const char *name, const struct inode *context);
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags, const struct file_operations *fops);
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags);
struct file *anon_inode_create_getfile(const char *name, const struct file_operations *fops, void *priv, int flags, const struct inode *context);
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);
struct file *get_file(struct file *f);
void iput(struct inode *inode);
#define fops_get(fops) (fops)
#define fops_put(fops) do { } while (0)
#define mapping_set_gfp_mask(m, mask) ((m)->gfp_mask = (mask))
#define mapping_set_inaccessible(m) do { } while (0)
#define mapping_set_unmovable(m) do { } while (0)
#define mapping_set_unevictable(m) do { } while (0)
#define mapping_unevictable(m) true
#define mapping_set_large_folios(m) do { } while (0)
#define noop_dirty_folio NULL
#define generic_file_open NULL
#define noop_llseek NULL
#define simple_statfs NULL
#define simple_attr_read NULL
#define simple_attr_write NULL
#define simple_attr_release NULL
#define kill_anon_super NULL
struct vfsmount *kern_mount(struct file_system_type *type);
void kern_unmount(struct vfsmount *mnt);
struct pseudo_fs_context *init_pseudo(struct fs_context *fc, unsigned long magic);
/* close(2): the descriptor's own reference goes */
void close_fd(unsigned int fd);

#define VM_EXEC 4UL
#define VM_IO 0x4000UL
#define VM_PFNMAP 0x400UL
#define VM_READ 1UL
#define VM_WRITE 2UL

/* ---- memory policies: none is ever set ---- */
struct mempolicy;
struct shared_policy { u64 __nothing; };
#define mpol_shared_policy_init(p, m) do { } while (0)
#define mpol_free_shared_policy(p) do { } while (0)
#define mpol_shared_policy_lookup(p, i) ((struct mempolicy *)NULL)
#define mpol_cond_put(p) do { } while (0)

/* ---- page cache ---- */
#define page_folio(p) ((struct folio *)(p))
#define folio_size(folio) PAGE_SIZE
#define folio_get(folio) get_page(&(folio)->page)
#define FGP_ACCESSED 0
#define offset_in_folio(folio, p) 0
#define filemap_grab_folio(m, i) __filemap_get_folio_mpol(m, i, FGP_LOCK | FGP_CREAT, GFP_KERNEL, NULL)
#define __filemap_get_folio(m, i, f, g) __filemap_get_folio_mpol(m, i, f, g, NULL)
#define PageHWPoison(page) folio_test_hwpoison(page_folio(page))
#define clear_page(page) do { } while (0)

#endif
