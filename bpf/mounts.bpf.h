/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Where the mounts of a superblock are, in every mount namespace, from the kernel's own list of them. */
#ifndef MOUNTS_BPF_H
#define MOUNTS_BPF_H

#include "tasks.bpf.h"

/* Mounts of one superblock: a volume that 250 pods share is two each. */
#define MOUNT_STEPS 1024
/* Names of a path, and mounts below each other on its way. */
#define NAME_STEPS 48
#define FILE_NAME 256

/* Mounts that earlier walks of the same reading have told. */
__u32 walk_skip;

/* Adds a name to a row; 0 when there is no room. Global, so that the verifier checks it once. */
__noinline int add_name(__u64 address, __u32 row)
{
	struct nfs_mount *out = bpf_map_lookup_elem(&mounts, &row);
	struct dentry *dentry = (void *)address;
	__u32 used;
	long n;

	if (!out)
		return 0;
	used = out->length;
	if (used > NFS_MOUNT_NAMES - FILE_NAME)
		return 0;
	n = bpf_probe_read_kernel_str(out->names + used, FILE_NAME, BPF_CORE_READ(dentry, d_name.name));
	if (n <= 0)
		return 0;
	out->length = used + n;
	return 1;
}

/*
 * From the root of a mount up to a root of its superblock, which says what it was mounted from: NFS has one superblock
 * for all that is mounted of one file system of a server, with a root for each, and keeps the source there
 * (nfs_get_root(), nfs_path()).
 */
static __always_inline void climb_source(struct nfs_mount *out, struct dentry *dentry, __u32 row)
{
	int i;

	for (i = 0; i < NAME_STEPS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (parent == dentry || !parent)
			break;
		if (!add_name((__u64)dentry, row)) {
			out->truncated = 1;
			break;
		}
		out->root++;
		dentry = parent;
	}
	if (bpf_probe_read_kernel_str(out->source, sizeof(out->source), BPF_CORE_READ(dentry, d_fsdata)) < 0)
		out->source[0] = 0;
}

/* From a mount point up to the root of its namespace, which is mounted on itself. */
static __always_inline void climb_point(struct nfs_mount *out, struct mount *mount, __u32 row)
{
	struct dentry *dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	int i;

	for (i = 0; i < NAME_STEPS; i++) {
		struct mount *below = BPF_CORE_READ(mount, mnt_parent);
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (below == mount || !below)
			return;
		if (dentry == BPF_CORE_READ(below, mnt.mnt_root) || dentry == parent) {
			mount = below;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			continue;
		}
		if (!add_name((__u64)dentry, row))
			break;
		out->point++;
		dentry = parent;
	}
	out->truncated = 1;
}

/* Writes a row, unless an earlier walk has told the mount or there is no room for it in this one. */
__noinline int visit_mount(__u64 address, __u32 device)
{
	struct mount *mount = (void *)address;
	struct mnt_namespace *namespace = BPF_CORE_READ(mount, mnt_ns);
	struct nfs_mount *out;
	__u32 row = walk_found;

	/* In no namespace: being unmounted, or the kernel's own, which has an error in its place. */
	if (!namespace || (__u64) namespace >= -MAX_ERRNO)
		return 0;
	walk_found = row + 1;
	if (row < walk_skip)
		return 0;
	row -= walk_skip;
	out = bpf_map_lookup_elem(&mounts, &row);
	if (!out)
		return 0;
	out->device = device;
	out->namespace = BPF_CORE_READ(namespace, ns.inum);
	out->id = BPF_CORE_READ(mount, mnt_id);
	out->root = 0;
	out->point = 0;
	out->length = 0;
	out->truncated = 0;
	climb_source(out, BPF_CORE_READ(mount, mnt.mnt_root), row);
	climb_point(out, mount, row);
	return 0;
}

static __always_inline void visit_mounts(struct super_block *sb)
{
	struct super_block___single *single = (void *)sb;
	__u32 device = BPF_CORE_READ(sb, s_dev), first = bpf_core_field_offset(struct mount, mnt_instance);
	__u64 head = (__u64)sb + bpf_core_field_offset(struct super_block, s_mounts), at = head;
	struct mount___single *one = 0;
	int i;

	if (bpf_core_field_exists(one->mnt_next_for_sb)) {
		one = BPF_CORE_READ(single, s_mounts);
		for (i = 0; i < MOUNT_STEPS && one; i++) {
			visit_mount((__u64)one, device);
			one = BPF_CORE_READ(one, mnt_next_for_sb);
		}
		return;
	}
	for (i = 0; i < MOUNT_STEPS; i++) {
		struct list_head *link = (void *)at;
		struct list_head *next = BPF_CORE_READ(link, next);

		if ((__u64)next == head)
			return;
		if (BPF_CORE_READ(next, prev) != link) {
			walk_torn = 1;
			return;
		}
		visit_mount((__u64)next - first, device);
		at = (__u64)next;
	}
}

#endif
