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

/* bcfe06bf2622 ("mm: memcontrol: Use helpers to read page's memcg data"), 5.11 */
struct page___pointer {
	struct mem_cgroup *mem_cgroup;
};

#pragma clang attribute pop

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___rcu *rcu = (void *)kn;

	if (bpf_core_field_exists(rcu->__parent))
		return BPF_CORE_READ(rcu, __parent);
	return BPF_CORE_READ(kn, parent);
}

/* The memory cgroup of a page, 0 when it has none or belongs to the kernel itself. */
static __always_inline struct mem_cgroup *page_memcg(struct page *page)
{
	struct page___pointer *pointer = (void *)page;
	unsigned long head = BPF_CORE_READ(page, compound_head);
	unsigned long data;

	/* Bit 0 marks a tail page; the rest is its head page, which alone is charged. */
	if (head & 1) {
		page = (void *)(head - 1);
		pointer = (void *)page;
	}
	if (bpf_core_field_exists(pointer->mem_cgroup))
		return BPF_CORE_READ(pointer, mem_cgroup);
	data = BPF_CORE_READ(page, memcg_data);
	/* MEMCG_DATA_KMEM, bit 1: an obj_cgroup of a kernel allocation, never page cache. */
	if (data & 2)
		return 0;
	return (void *)(data & ~7UL);
}

#endif
