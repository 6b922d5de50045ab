/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors, inodes and how files are made, as KVM can tell them apart.
 */
#include "kernel.h"

/* ---- files ---- */
static bool fd_taken[NR_FDS];
static struct super_block gmem_sb;
static struct vfsmount gmem_mount = { .mnt_sb = &gmem_sb };

void inode_init_once(struct inode *inode)
{
	inode->i_mapping = &inode->i_data;
	inode->i_data.host = inode;
	INIT_LIST_HEAD(&inode->i_data.i_private_list);
}

static struct pseudo_fs_context pseudo_context;

struct pseudo_fs_context *init_pseudo(struct fs_context *fc, unsigned long magic)
{
	fc->fs_private = &pseudo_context;
	return &pseudo_context;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct fs_context fc = { .fs_private = NULL };

	if (type->init_fs_context)
		type->init_fs_context(&fc);
	gmem_sb.s_op = pseudo_context.ops;
	return &gmem_mount;
}

void kern_unmount(struct vfsmount *mnt)
{
}

static const char *const folio_lock_names[GMEM_NR_PAGES] = {
	"folio_lock[0]",
	"folio_lock[1]",
	"folio_lock[2]",
	"folio_lock[3]",
};

static struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode;
	int i;

	if (sb && sb->s_op && sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kzalloc(sizeof(*inode), GFP_KERNEL);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode_init_once(inode);
	inode->i_sb = sb;
	__machine_page_cache(&inode->i_data.i_pages, GMEM_NR_PAGES);
	__machine_name(&inode->i_data.invalidate_lock, "invalidate_lock");
	for (i = 0; i < GMEM_NR_PAGES; i++)
		__machine_name(&inode->i_data.folio_lock[i], folio_lock_names[i]);
	return inode;
}

struct inode *anon_inode_make_secure_inode(struct super_block *sb, const char *name, const struct inode *context)
{
	return new_inode(sb);
}

void iput(struct inode *inode)
{
}

static struct file *new_file(struct inode *inode, const struct file_operations *fops, void *priv)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return ERR_PTR(-ENOMEM);
	refcount_set(&file->f_count, 1);
	file->f_op = fops;
	file->private_data = priv;
	file->f_inode = inode;
	file->f_mapping = inode ? inode->i_mapping : NULL;
	return file;
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags,
			       const struct file_operations *fops)
{
	return new_file(inode, fops, NULL);
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	return new_file(NULL, fops, priv);
}

struct file *anon_inode_create_getfile(const char *name, const struct file_operations *fops, void *priv, int flags,
				       const struct inode *context)
{
	return new_file(new_inode(NULL), fops, priv);
}

int get_unused_fd_flags(unsigned int flags)
{
	int fd;

	for (fd = 0; fd < NR_FDS; fd++) {
		if (!fd_taken[fd]) {
			fd_taken[fd] = true;
			return fd;
		}
	}
	return -EBUSY;
}

void put_unused_fd(unsigned int fd)
{
	fd_taken[fd] = false;
}

void fd_install(unsigned int fd, struct file *file)
{
	fd_table[fd] = file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = __fault("the process has no descriptor left") ? -ENOMEM : get_unused_fd_flags(flags);

	if (fd >= 0)
		fd_install(fd, new_file(NULL, fops, priv));
	return fd;
}

struct file *get_file(struct file *f)
{
	refcount_inc(&f->f_count);
	return f;
}

void close_fd(unsigned int fd)
{
	struct file *file = fd_table[fd];

	fd_table[fd] = NULL;
	fd_taken[fd] = false;
	fput(file);
	task_work_run();
}
