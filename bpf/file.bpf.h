/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Which file an operation is about, and its path. Only for operations that are told one by one, and for a few of the
 * others: none of it is cheap. */
#ifndef FILE_BPF_H
#define FILE_BPF_H

#include "identity.bpf.h"

#define FILE_LEVELS 32
/* NAME_MAX and the NUL. */
#define FILE_NAME 256
/* A file may be renamed: its path is told again after this, as long as operations on it are slow, fail, or are many. */
#define FILE_AGAIN 60000000000ULL

/*
 * From the file handle inside an nfs_inode to the inode inside it: the arguments of most operations have the one and
 * not the other, and nfs_inode itself is in no vmlinux BTF. A READ or WRITE has both, and where it goes to a data
 * server of pNFS, which has handles of its own, it holds a layout segment.
 */
__u64 handle_to_inode;

/* The inode around a file handle; 0 when this is none. An inode holds its own address, and its superblock is one of
 * NFS, so that nothing else is taken for one. */
static __always_inline struct inode *inode_of_handle(__u64 handle)
{
	struct inode *inode = (void *)(handle + handle_to_inode);

	if (!handle || BPF_CORE_READ(inode, i_data.host) != inode ||
	    BPF_CORE_READ(inode, i_sb, s_magic) != NFS_SUPER_MAGIC)
		return 0;
	return inode;
}

/*
 * What a metadata operation is about. Its arguments are the file handle (GETATTR and the like of version 3), begin with
 * a pointer to it (the rest of version 3), or have that behind nfs4_sequence_args (version 4; REMOVE and RENAME in
 * both).
 */
static __noinline struct inode *inode_of_arguments(__u64 arguments)
{
	struct inode *inode;
	__u64 handle = 0;

	if (!arguments || !handle_to_inode)
		return 0;
	inode = inode_of_handle(arguments);
	if (inode)
		return inode;
	bpf_probe_read_kernel(&handle, sizeof(handle), (void *)arguments);
	inode = inode_of_handle(handle);
	if (inode)
		return inode;
	bpf_probe_read_kernel(&handle, sizeof(handle),
			      (void *)(arguments + bpf_core_type_size(struct nfs4_sequence_args)));
	return inode_of_handle(handle);
}

/* Tells user space the path of a file, by one of its names: those that other clients gave it are not known here. */
static __noinline int identify_file(struct inode *inode, __u64 file, __u32 client, __u64 now)
{
	struct file_key key = {.file = file, .client = client};
	__u64 *sent = bpf_map_lookup_elem(&files, &key);
	struct dentry *dentry, *parent;
	struct hlist_node *alias;
	struct nfs_file *record;
	struct draft *d;
	__u32 used = 0;
	long n;
	int i;

	if (sent && now - *sent < FILE_AGAIN)
		return 0;
	d = new_draft();
	alias = BPF_CORE_READ(inode, i_dentry.first);
	if (!d || !alias)
		return 0;
	dentry = dentry_of_alias(alias);
	record = (void *)d->record;
	record->identity = NFS_IDENTITY_FILE;
	record->client = client;
	record->file = file;
	record->truncated = 1;
	for (i = 0; i < FILE_LEVELS; i++) {
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry) {
			record->truncated = 0;
			break;
		}
		if (!parent || used > NFS_FILE_PATH - FILE_NAME)
			break;
		n = bpf_probe_read_kernel_str(record->path + used, FILE_NAME, BPF_CORE_READ(dentry, d_name.name));
		if (n <= 0)
			break;
		used += n;
		dentry = parent;
	}
	record->length = used;
	if (send(d, __builtin_offsetof(struct nfs_file, path) + used))
		bpf_map_update_elem(&files, &key, &now, BPF_ANY);
	return 0;
}

#endif
