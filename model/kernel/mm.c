/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our model of the rest of the kernel: descriptors and files, the page cache, the VMM's page table with
 * its notifier, slabs, search trees. Only what KVM can tell apart is modelled.
 */
#include "kernel.h"

/* ---- files ---- */
static struct file *fd_table[NR_FDS];
static bool fd_taken[NR_FDS];
/* what each CPU's task has to do before it is back in user space */
static struct file *task_works[NR_CPUS];
struct task_struct __current_task = { .mm = &init_mm };
struct cpumask __cpu_online = { ~0ULL }, __cpu_none;
/* per CPU: where a function that was sent to another CPU believes to run, plus 1; 0 is none */
static int acting_cpus[NR_CPUS];
static struct super_block gmem_sb;
static struct vfsmount gmem_mount = { .mnt_sb = &gmem_sb };

int __acting_cpu(void)
{
	int cpu = smp_processor_id();

	return acting_cpus[cpu] ? acting_cpus[cpu] - 1 : cpu;
}

/* The other CPU runs the function in its interrupt; here the caller does, once that CPU would have. */
int __call_on_cpu(int cpu, void (*func)(void *), void *info, int wait)
{
	int here = smp_processor_id(), outer = acting_cpus[here];

	if (cpu != here) {
		__ipi_send(1ULL << cpu);
		if (wait)
			__ipi_wait(1ULL << cpu);
	}
	acting_cpus[here] = cpu + 1;
	func(info);
	acting_cpus[here] = outer;
	return 0;
}

struct kmem_cache *__kmem_cache_new(size_t size, void (*ctor)(void *))
{
	struct kmem_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

	cache->size = size;
	cache->ctor = ctor;
	return cache;
}

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

static struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode;

	if (sb && sb->s_op && sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kzalloc(sizeof(*inode), GFP_KERNEL);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode_init_once(inode);
	inode->i_sb = sb;
	__machine_name(&inode->i_data.invalidate_lock, "invalidate_lock");
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
	int fd = get_unused_fd_flags(flags);

	if (fd >= 0)
		fd_install(fd, new_file(NULL, fops, priv));
	return fd;
}

struct file *fget(unsigned int fd)
{
	struct file *file = fd < NR_FDS ? fd_table[fd] : NULL;

	if (!file || !refcount_inc_not_zero(&file->f_count))
		return NULL;
	return file;
}

struct file *get_file(struct file *f)
{
	refcount_inc(&f->f_count);
	return f;
}

/* Files are never freed here, as the kernel's memory for them is reused as files only. */
struct file *get_file_active(struct file **f)
{
	struct file *file = READ_ONCE(*f);

	if (!file || !refcount_inc_not_zero(&file->f_count))
		return NULL;
	return file;
}

/* The release is put off until the task leaves the kernel: the caller may hold any lock. */
void fput(struct file *file)
{
	if (refcount_dec_and_test(&file->f_count))
		task_works[smp_processor_id()] = file;
}

void task_work_run(void)
{
	struct file *file = task_works[smp_processor_id()];

	if (!file)
		return;
	task_works[smp_processor_id()] = NULL;
	file->f_op->release(file->f_inode, file);
}

void close_fd(unsigned int fd)
{
	struct file *file = fd_table[fd];

	fd_table[fd] = NULL;
	fd_taken[fd] = false;
	fput(file);
	task_work_run();
}

/* ---- page cache ---- */

/* The folio at @index, locked and with a reference, or -ENOENT. */
struct folio *filemap_lock_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	mutex_lock(&mapping->folio_lock[index]);
	folio = mapping->i_pages[index];
	if (!folio) {
		mutex_unlock(&mapping->folio_lock[index]);
		return ERR_PTR(-ENOENT);
	}
	get_page(&folio->page);
	return folio;
}

/* The same, but a new folio is made if there is none (still or again). */
struct folio *__filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index, int flags, gfp_t gfp, void *policy)
{
	struct folio *folio;
	struct page *page;

	mutex_lock(&mapping->folio_lock[index]);
	folio = mapping->i_pages[index];
	if (!folio) {
		page = alloc_page(gfp);
		if (!page) {
			mutex_unlock(&mapping->folio_lock[index]);
			return ERR_PTR(-ENOMEM);
		}
		folio = (struct folio *)page;
		folio->index = index;
		folio->mapping = mapping;
		mapping->i_pages[index] = folio;
		__gmem_page(page, index);
	}
	get_page(&folio->page);
	return folio;
}

void folio_unlock(struct folio *folio)
{
	mutex_unlock(&folio->mapping->folio_lock[folio->index]);
}

bool folio_test_uptodate(struct folio *folio)
{
	return folio->page.__flags & FOLIO_UPTODATE;
}

void folio_mark_uptodate(struct folio *folio)
{
	folio->page.__flags |= FOLIO_UPTODATE;
}

bool folio_test_hwpoison(struct folio *folio)
{
	return folio->page.__flags & FOLIO_HWPOISON;
}

void folio_set_hwpoison(struct folio *folio)
{
	folio->page.__flags |= FOLIO_HWPOISON;
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	pgoff_t index, end = (lend + 1) >> PAGE_SHIFT;
	struct folio *folio;

	for (index = lstart >> PAGE_SHIFT; index < end && index < GMEM_NR_PAGES; index++) {
		mutex_lock(&mapping->folio_lock[index]);
		folio = mapping->i_pages[index];
		mapping->i_pages[index] = NULL;
		if (folio)
			__gmem_truncate(&folio->page, index);
		mutex_unlock(&mapping->folio_lock[index]);
		if (folio && mapping->a_ops && mapping->a_ops->free_folio)
			mapping->a_ops->free_folio(folio);
		if (folio)
			put_page(&folio->page);
	}
}

/* ---- the VMM's address space ---- */
struct mm_struct init_mm;

static int mm_index(unsigned long addr)
{
	if (addr < MM_BASE || addr >= MM_BASE + MM_NR_PAGES * PAGE_SIZE)
		return -1;
	return (addr - MM_BASE) >> PAGE_SHIFT;
}

/* Only what is present, without sleeping. */
bool get_user_page_fast_only(unsigned long addr, unsigned int flags, struct page **pagep)
{
	int i = mm_index(addr);
	struct page *page;

	if (i < 0)
		return false;

	spin_lock(&init_mm.page_table_lock);
	page = init_mm.pte[i];
	if (page)
		get_page(page);
	spin_unlock(&init_mm.page_table_lock);

	*pagep = page;
	return !!page;
}

long get_user_pages_unlocked(unsigned long addr, unsigned long nr, struct page **pages, unsigned int flags)
{
	int i = mm_index(addr);
	struct page *page;
	kvm_pfn_t pfn;

	if (i < 0)
		return -EFAULT;

	spin_lock(&init_mm.page_table_lock);
	page = init_mm.pte[i];
	if (!page) {
		pfn = __user_page_alloc();
		if (!pfn) {
			spin_unlock(&init_mm.page_table_lock);
			return -ENOMEM;
		}
		page = pfn_to_page(pfn);
		init_mm.pte[i] = page;
	}
	get_page(page);
	spin_unlock(&init_mm.page_table_lock);

	pages[0] = page;
	return 1;
}

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	mm->mn = mn;
	return 0;
}

void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	/* a process that is still there hears of it now; one that has exited has called release before */
	if (!mm->mn)
		return;
	mm->mn = NULL;
	mn->ops->release(mn, mm);
}

/* Take one page out of the page table. The notifier's start call must have been made. */
void mm_zap_page(struct mm_struct *mm, unsigned long addr)
{
	int i = mm_index(addr);
	struct page *page;

	spin_lock(&mm->page_table_lock);
	page = mm->pte[i];
	mm->pte[i] = NULL;
	spin_unlock(&mm->page_table_lock);

	if (page)
		put_page(page);
}

void mm_zap_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable)
{
	struct mmu_notifier_range range = { .mm = mm, .start = start, .end = end, .blockable = blockable };
	struct mmu_notifier *mn = mm->mn;
	unsigned long addr;

	if (mn)
		mn->ops->invalidate_range_start(mn, &range);
	for (addr = start; addr < end; addr += PAGE_SIZE)
		mm_zap_page(mm, addr);
	if (mn)
		mn->ops->invalidate_range_end(mn, &range);
}

void mm_exit(struct mm_struct *mm)
{
	struct mmu_notifier *mn = mm->mn;
	int i;

	mm->mn = NULL;
	if (mn)
		mn->ops->release(mn, mm);
	for (i = 0; i < MM_NR_PAGES; i++)
		mm_zap_page(mm, MM_BASE + i * PAGE_SIZE);
}

/* ---- search trees: not balanced ---- */
static void rb_change_child(struct rb_node *old, struct rb_node *new, struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		WRITE_ONCE(root->rb_node, new);
	else if (parent->rb_left == old)
		WRITE_ONCE(parent->rb_left, new);
	else
		WRITE_ONCE(parent->rb_right, new);
	if (new)
		new->__parent = parent;
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next;

	if (!node->rb_left) {
		rb_change_child(node, node->rb_right, node->__parent, root);
	} else if (!node->rb_right) {
		rb_change_child(node, node->rb_left, node->__parent, root);
	} else {
		next = node->rb_right;
		while (next->rb_left)
			next = next->rb_left;
		if (next->__parent != node) {
			rb_change_child(next, next->rb_right, next->__parent, root);
			next->rb_right = node->rb_right;
			next->rb_right->__parent = next;
		}
		next->rb_left = node->rb_left;
		next->rb_left->__parent = next;
		rb_change_child(node, next, node->__parent, root);
	}
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root)
{
	*new = *victim;
	if (new->rb_left)
		new->rb_left->__parent = new;
	if (new->rb_right)
		new->rb_right->__parent = new;
	rb_change_child(victim, new, victim->__parent, root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = READ_ONCE(root->rb_node);

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = READ_ONCE(root->rb_node);

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_right) {
		parent = node->rb_right;
		while (parent->rb_left)
			parent = parent->rb_left;
		return parent;
	}
	while ((parent = node->__parent) && node == parent->rb_right)
		node = parent;
	return parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_left) {
		parent = node->rb_left;
		while (parent->rb_right)
			parent = parent->rb_right;
		return parent;
	}
	while ((parent = node->__parent) && node == parent->rb_left)
		node = parent;
	return parent;
}

void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root)
{
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (node->start < container_of(parent, struct interval_tree_node, rb)->start)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&node->rb, parent, link);
}

void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root)
{
	rb_erase(&node->rb, &root->rb_root);
}

static struct interval_tree_node *interval_from(struct rb_node *rb, unsigned long start, unsigned long last)
{
	struct interval_tree_node *node;

	for (; rb; rb = rb_next(rb)) {
		node = container_of(rb, struct interval_tree_node, rb);
		if (node->start <= last && node->last >= start)
			return node;
	}
	return NULL;
}

struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root, unsigned long start, unsigned long last)
{
	return interval_from(rb_first(&root->rb_root), start, last);
}

struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node, unsigned long start, unsigned long last)
{
	return interval_from(rb_next(&node->rb), start, last);
}
