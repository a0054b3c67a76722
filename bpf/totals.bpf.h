/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The rows of totals: finding one, entering one, adding to one. */
#ifndef TOTALS_BPF_H
#define TOTALS_BPF_H

#include "identity.bpf.h"

/* Configuration, set at load. */
/* Inclusive upper bounds, ascending, the rest ~0. 31, so that a search is always five steps. */
const volatile __u64 duration_bounds[31];
const volatile __u64 size_bounds[31];

/* Numbers of the ONC RPC programs that are counted; 0 is none. */
const volatile __u32 rpc_programs[NFS_PROGRAMS] = {100003};

static __always_inline int is_counted(__u32 program)
{
	int i;

#pragma unroll
	for (i = 0; i < NFS_PROGRAMS; i++)
		if (program == rpc_programs[i])
			return 1;
	return 0;
}

/* Takes a row from a queue of free ones and enters the key; 0 when the queue is empty. */
static __always_inline __u32 enter_row(void *free, struct nfs_totals_key *key, const struct rpc_procinfo *procedure,
				       struct rpc_clnt *clnt)
{
	struct nfs_totals *total;
	__u32 row = 0, *found;

	if (bpf_map_pop_elem(free, &row))
		return 0;
	total = bpf_map_lookup_elem(&totals, &row);
	if (!total)
		return 0;
	total->key = *key;
	total->program = BPF_CORE_READ(clnt, cl_prog);
	total->version = BPF_CORE_READ(clnt, cl_vers);
	total->index = key->kind == NFS_KIND_VFS ? key->procedure : BPF_CORE_READ(procedure, p_statidx);
	if (key->kind == NFS_KIND_VFS ||
	    bpf_probe_read_kernel_str(total->operation, sizeof(total->operation), BPF_CORE_READ(procedure, p_name)) < 0)
		total->operation[0] = 0;
	if (!bpf_map_update_elem(&rows, key, &row, BPF_NOEXIST))
		return row;
	/* Another CPU was first. */
	bpf_map_push_elem(free, &row, 0);
	found = bpf_map_lookup_elem(&rows, key);
	return found ? *found : 0;
}

/*
 * The row for a key that has none yet. When totals is full the operation is counted without its owner, but still
 * with its client, so that sums over a mount stay exact; when even those rows are gone, in row 0 with all others.
 */
static __noinline __u32 new_row(struct nfs_totals_key *key, struct rpc_clnt *clnt)
{
	const struct rpc_procinfo *procedure;
	__u32 row, *found;

	if (!key)
		return 0;
	identify_client(clnt);
	procedure = (void *)key->procedure;
	row = enter_row(&free_rows, key, procedure, clnt);
	if (row)
		return row;
	LOST(rows);
	key->cgroup = 0;
	key->charge = NFS_CHARGE_OTHER;
	found = bpf_map_lookup_elem(&rows, key);
	return found ? *found : enter_row(&spare_rows, key, procedure, clnt);
}

/* Number of bounds below a value: the index of its bucket, as OpenTelemetry's bounds are inclusive. */
static __always_inline __u32 bucket(const volatile __u64 *bounds, __u64 value)
{
	__u32 i = 0;

	i += value > bounds[i + 15] ? 16 : 0;
	i += value > bounds[(i & 16) + 7] ? 8 : 0;
	i += value > bounds[(i & 24) + 3] ? 4 : 0;
	i += value > bounds[(i & 28) + 1] ? 2 : 0;
	i += value > bounds[i & 30] ? 1 : 0;
	return i < NFS_BUCKETS ? i : NFS_BUCKETS - 1;
}

/* One attempt of one operation, as far as counting it goes. */
struct attempt {
	__u64 duration;
	__u64 rtt;
	__u64 queue;
	__u64 offset;
	struct inode *inode;
	__s32 status;
	__u32 bytes;
	__u32 requested;
	__u32 sent;
	__u32 received;
	__u32 owner;
	__u32 transmissions;
	__u32 timeouts;
	__u32 client;
	__u32 pad;
};

/*
 * Whether the operation with this number in its row tells the path of its file though it is neither slow nor failed:
 * one in 1024, spread by the golden ratio, so that what is done in turns does not hide, and never more than 1597 apart.
 */
static __always_inline int is_sample(__u64 number)
{
	return (number * 0x9e3779b97f4a7c15ULL) >> 54 == 0;
}

/* Says whether it is a sample. */
static __noinline int count(__u32 row, struct attempt *a, __u32 kind)
{
	struct nfs_totals *total = bpf_map_lookup_elem(&totals, &row);
	__u32 i;

	if (!total || !a)
		return 0;
	COUNT(total->sent, a->sent);
	COUNT(total->received, a->received);
	COUNT(total->duration_sum, a->duration);
	COUNT(total->rtt_sum, a->rtt);
	COUNT(total->queue_sum, a->queue);
	if (a->transmissions > 1)
		COUNT(total->retransmits, a->transmissions - 1);
	if (a->timeouts)
		COUNT(total->timeouts, a->timeouts);
	i = bucket(duration_bounds, a->duration);
	if (i < NFS_BUCKETS)
		COUNT(total->duration[i], 1);
	if (kind != NFS_KIND_OTHER) {
		COUNT(total->bytes, a->bytes);
		COUNT(total->requested, a->requested);
		i = bucket(duration_bounds, a->rtt);
		if (i < NFS_BUCKETS)
			COUNT(total->rtt[i], 1);
		i = bucket(duration_bounds, a->queue);
		if (i < NFS_BUCKETS)
			COUNT(total->queue[i], 1);
		if (kind != NFS_KIND_COMMIT && a->status >= 0) {
			i = bucket(size_bounds, a->bytes);
			if (i < NFS_BUCKETS)
				COUNT(total->size[i], 1);
		}
	}
	/* Last: user space takes a row whose count has not moved as unchanged. */
	COUNT(total->count, 1);
	return is_sample(total->count);
}

#endif
