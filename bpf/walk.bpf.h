/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What is asked for on demand: programs that user space runs and nothing attaches. */
#ifndef WALK_BPF_H
#define WALK_BPF_H

#include "identity.bpf.h"

/* 16384 superblocks; a node with 250 pods has about 3000. The verifier gives up on one loop of that length. */
#define WALK_STEPS 512
#define WALK_ROUNDS 32

/* Rows of superblocks that the walk under way has written. User space runs one walk at a time. */
__u32 walk_found;

/* Global, so that the verifier checks it once and not for every step of the walk. */
__noinline int visit_superblock(__u64 address)
{
	struct super_block *sb = (void *)address;
	struct nfs_superblock *out;
	struct nfs_server *server;
	struct rpc_clnt *clnt;
	__u32 row = walk_found;

	if (BPF_CORE_READ(sb, s_magic) != NFS_SUPER_MAGIC)
		return 0;
	server = BPF_CORE_READ(sb, s_fs_info);
	clnt = server ? BPF_CORE_READ(server, client) : 0;
	out = bpf_map_lookup_elem(&superblocks, &row);
	if (!clnt || !out)
		return 0;
	out->device = BPF_CORE_READ(sb, s_dev);
	describe_client(clnt, &out->client);
	walk_found = row + 1;
	return 0;
}

/* Goes on from one superblock; returns where it stopped: start when the round is done, 0 when the list is torn. */
__noinline __u64 walk_some(__u64 at, __u64 start)
{
	__u32 first = bpf_core_field_offset(struct super_block, s_list);
	int i;

	for (i = 0; i < WALK_STEPS; i++) {
		struct super_block *sb = (void *)at;
		struct list_head *next = BPF_CORE_READ(sb, s_list.next);

		if (!next)
			return 0;
		at = (__u64)next - first;
		if (at == start)
			break;
		visit_superblock(at);
	}
	return at;
}

/*
 * Run on demand, never attached: finds every NFS superblock of the node, in all mount namespaces, by the kernel's
 * own list, which starts and ends at the superblock of the caller's root. Needs no hook, touches no mount. Returns
 * how many it wrote to superblocks, or -1 when the list was changed underneath it.
 */
SEC("raw_tp")
int walk_superblocks(__u64 *ctx)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	__u64 start = (__u64)BPF_CORE_READ(current, fs, root.mnt, mnt_sb);
	__u64 at = start;
	int i;

	walk_found = 0;
	for (i = 0; i < WALK_ROUNDS; i++) {
		at = walk_some(at, start);
		if (!at)
			break;
		if (at == start)
			return walk_found;
	}
	LOST(torn);
	return -1;
}

#endif
