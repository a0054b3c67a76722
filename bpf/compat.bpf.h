/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * One shim per change of the kernel, each with the commit that made it. Tested by BTF, never by version number.
 */
#ifndef COMPAT_BPF_H
#define COMPAT_BPF_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent."), 6.15 */
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

/* 8cd54c1c8480 ("iov_iter: separate direction from flavour"), 5.14 */
struct iov_iter___typed {
	unsigned int type;
};

/* "mm/doc: turn fault flags into an enum", 5.13 */
struct vm_fault___number {
	unsigned int flags;
};

/* bcfe06bf2622 ("mm: memcontrol: Use helpers to read page's memcg data"), 5.11 */
struct page___pointer {
	struct mem_cgroup *mem_cgroup;
};

/* "mm: Rework compound_head() for power-of-2 sizeof(struct page)", 7.1: the field has a new name and two forms. */
struct page___info {
	unsigned long compound_info;
};

/* "mm: memcontrol: convert objcg to be per-memcg per-node type", 7.1: folios are charged to an obj_cgroup. */
struct obj_cgroup___root {
	struct mem_cgroup *memcg;
	_Bool is_root;
};

/* "make ->d_u an anonymous union"; seen in 7.3: the list of an inode's names is linked by d_alias itself. */
struct dentry___anonymous {
	struct hlist_node d_alias;
};

/* Between 6.12 and 6.18: the mounts of a superblock are no longer linked by list_head, but from one to the next. */
struct mount___single {
	struct mount___single *mnt_next_for_sb;
};

struct super_block___single {
	struct mount___single *s_mounts;
};

#pragma clang attribute pop

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___rcu *rcu = (void *)kn;

	if (bpf_core_field_exists(rcu->__parent))
		return BPF_CORE_READ(rcu, __parent);
	return BPF_CORE_READ(kn, parent);
}

static __always_inline unsigned int fault_flags(struct vm_fault *fault)
{
	struct vm_fault___number *number = (void *)fault;

	if (bpf_core_field_exists(number->flags))
		return number->flags;
	return fault->flags;
}

/* The name of an inode that is linked into its list here. */
static __always_inline struct dentry *dentry_of_alias(struct hlist_node *alias)
{
	struct dentry___anonymous *anonymous = 0;

	if (bpf_core_field_exists(anonymous->d_alias))
		return (void *)alias - bpf_core_field_offset(struct dentry___anonymous, d_alias);
	return (void *)alias - bpf_core_field_offset(struct dentry, d_u.d_alias);
}

/* The page that stands for all of a compound page: it alone is charged. */
static __always_inline struct page *head_page(struct page *page)
{
	struct page___info *info = (void *)page;
	unsigned long head;

	if (bpf_core_field_exists(info->compound_info)) {
		head = BPF_CORE_READ(info, compound_info);
		/* A mask that turns a tail into its head; no pointer has 32 ones at its top. */
		if (head & 1 && head >> 32 == 0xffffffff)
			return (void *)((unsigned long)page & head);
	} else {
		head = BPF_CORE_READ(page, compound_head);
	}
	/* Bit 0 marks a tail page; the rest is its head. */
	return head & 1 ? (void *)(head - 1) : page;
}

/* The memory cgroup of a page, 0 when it has none or belongs to the kernel itself. */
static __always_inline struct mem_cgroup *page_memcg(struct page *page)
{
	struct page___pointer *pointer;
	struct obj_cgroup___root *object;
	unsigned long data;

	page = head_page(page);
	pointer = (void *)page;
	if (bpf_core_field_exists(pointer->mem_cgroup))
		return BPF_CORE_READ(pointer, mem_cgroup);
	data = BPF_CORE_READ(page, memcg_data);
	/* MEMCG_DATA_KMEM, bit 1: an obj_cgroup of a kernel allocation, never page cache. */
	if (data & 2)
		return 0;
	object = (void *)(data & ~7UL);
	if (bpf_core_field_exists(object->is_root))
		return object ? BPF_CORE_READ(object, memcg) : 0;
	return (void *)object;
}

#endif
