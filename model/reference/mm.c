/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our model of the rest of the kernel: inodes, how files are made, descriptors. Only what KVM can tell apart
 * is modelled.
 */
#include "mm.h"

/* for traces */
static const char *const folio_lock_names[GMEM_NR_PAGES] = {
	"folio_lock[0]",
	"folio_lock[1]",
	"folio_lock[2]",
	"folio_lock[3]",
};

void inode_init_once(struct inode *inode)
{
	int i;

	inode->i_mapping = &inode->i_data;
	inode->i_data.host = inode;

	__machine_page_cache(&inode->i_data.i_pages, GMEM_NR_PAGES);
	__machine_name(&inode->i_data.invalidate_lock, "invalidate_lock");
	for (i = 0; i < GMEM_NR_PAGES; i++)
		__machine_name(&inode->i_data.folio_lock[i], folio_lock_names[i]);
	__machine_name(&init_mm.page_table_lock, "page_table_lock");
}

struct file *alloc_file_pseudo(struct inode *inode, const struct file_operations *fops)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return ERR_PTR(-ENOMEM);
	refcount_set(&file->f_count, 1);
	file->f_op = fops;
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	return file;
}

int fd_install_new(struct file *file)
{
	int fd;

	for (fd = 0; fd < NR_FDS; fd++) {
		if (!fd_table[fd]) {
			fd_table[fd] = file;
			return fd;
		}
	}
	return -EBUSY;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	refcount_set(&file->f_count, 1);
	file->f_op = fops;
	file->private_data = priv;
	return fd_install_new(file);
}

void close_fd(unsigned int fd)
{
	struct file *file = fd_table[fd];

	fd_table[fd] = NULL;
	fput(file);
	task_work_run();
}
