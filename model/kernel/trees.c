/* SPDX-License-Identifier: GPL-2.0-only */
/* Search trees as KVM's memslots use them, not balanced: they hold a few nodes. */
#include "kernel.h"

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
