/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What is asked for on demand: programs that user space runs and nothing attaches. */
#ifndef WALK_BPF_H
#define WALK_BPF_H

#include "mounts.bpf.h"

/* 16384 superblocks; a node with 250 pods has about 3000. The verifier gives up on one loop of that length. */
#define WALK_STEPS 512
#define WALK_ROUNDS 32

/* What the walk under way is for. Not static: the compiler would make it a byte, of another size than its BTF says. */
__u32 walk_for;

static __noinline int describe_superblock(struct super_block *sb, struct nfs_server *server)
{
	struct nfs_superblock *out;
	struct rpc_clnt *clnt = BPF_CORE_READ(server, client);
	__u32 row = walk_found;

	out = bpf_map_lookup_elem(&superblocks, &row);
	if (!clnt || !out)
		return 0;
	out->device = BPF_CORE_READ(sb, s_dev);
	describe_client(clnt, &out->client);
	walk_found = row + 1;
	return 0;
}

/* Global, so that the verifier checks it once and not for every step of the walk. */
__noinline int visit_superblock(__u64 address)
{
	struct super_block *sb = (void *)address;
	struct nfs_server *server;

	if (BPF_CORE_READ(sb, s_magic) != NFS_SUPER_MAGIC)
		return 0;
	/* Without a root it is being made, or unmounted: then its server is freed before it leaves the list. */
	if (!BPF_CORE_READ(sb, s_root))
		return 0;
	server = BPF_CORE_READ(sb, s_fs_info);
	if (!server)
		return 0;
	if (walk_for == NFS_WALK_TASKS)
		visit_server(server);
	else if (walk_for == NFS_WALK_MOUNTS)
		visit_mounts(sb);
	else
		describe_superblock(sb, server);
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
 * Run on demand, never attached: goes round all superblocks of the node, in all mount namespaces, by the kernel's own
 * list, for what ctx[1] says (enum nfs_walk): from the one at ctx[0], or for 0 from that of the caller's root, back to
 * it. Of mounts it tells those from number ctx[2] on. Needs no hook, touches no mount. Returns how much there is, or -1
 * when a list was changed underneath it. One program, since the verifier goes through all of it for each.
 */
SEC("raw_tp")
int walk(__u64 *ctx)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	__u64 start = ctx[0] ? ctx[0] : (__u64)BPF_CORE_READ(current, fs, root.mnt, mnt_sb);
	__u64 at = start;
	int i;

	walk_for = ctx[1];
	walk_skip = ctx[2];
	walk_found = 0;
	walk_torn = 0;
	for (i = 0; i < WALK_ROUNDS && !walk_torn; i++) {
		at = walk_some(at, start);
		if (!at)
			break;
		if (at == start && !walk_torn)
			return walk_found;
	}
	LOST(torn);
	return -1;
}

#endif
