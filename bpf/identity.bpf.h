/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who is who: each cgroup and each rpc client is told to user space once, by a record of its own. */
#ifndef IDENTITY_BPF_H
#define IDENTITY_BPF_H

#include "read.bpf.h"
#include "cgroup.bpf.h"

#define CLIENT_SEEN (1U << 31)
/* Names deeper than this are lost; a container in a nested cluster is at 12. */
#define CGROUP_LEVELS 16
#define CGROUP_NAME 256

/* A place to put a record together in, since one is as long as what it says, and the stack too short. */
static __always_inline struct draft *new_draft(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&draft, &only);
}

/* Sends the first bytes of a draft; false when there is no room. */
static __always_inline int send(struct draft *d, __u32 size)
{
	if (size > sizeof(d->record) || bpf_ringbuf_output(&identities, d->record, size, BPF_RB_NO_WAKEUP)) {
		LOST(identities);
		return 0;
	}
	return 1;
}

/* Tells user space the path of a cgroup, once. */
static __noinline int identify_cgroup(struct kernfs_node *kn, __u64 id)
{
	struct draft *d = new_draft();
	struct kernfs_node *parent;
	struct nfs_cgroup *record;
	const char *name;
	__u32 seen = 1, used = 0;
	long n;
	int i;

	if (!d || bpf_map_lookup_elem(&cgroups, &id))
		return 0;
	record = (void *)d->record;
	record->identity = NFS_IDENTITY_CGROUP;
	record->id = id;
	record->levels = 0;
	record->truncated = 1;
	for (i = 0; i < CGROUP_LEVELS; i++) {
		parent = kernfs_parent(kn);
		if (!parent) {
			record->truncated = 0;
			break;
		}
		if (used > NFS_CGROUP_PATH - CGROUP_NAME)
			break;
		name = BPF_CORE_READ(kn, name);
		n = bpf_probe_read_kernel_str(record->path + used, CGROUP_NAME, name);
		if (n <= 0)
			break;
		used += n;
		record->levels++;
		kn = parent;
	}
	record->length = used;
	/* Not entered as seen when it is lost: tried again at its next page, or when a process is next noted in it. */
	if (send(d, __builtin_offsetof(struct nfs_cgroup, path) + used))
		bpf_map_update_elem(&cgroups, &id, &seen, BPF_ANY);
	return 0;
}

/* clid -> the id that is never used again, and whether its record was sent. */
static __always_inline __u32 client_of(__u32 clid, __u32 **state)
{
	__u32 *epoch = bpf_map_lookup_elem(&clients, &clid);

	*state = epoch;
	return (epoch ? (*epoch & 0xffff) << 16 : 0) | (clid & 0xffff);
}

static __noinline int describe_client(struct rpc_clnt *clnt, struct nfs_client *out)
{
	struct rpc_clnt *parent = clnt;
	struct rpc_xprt *xprt = BPF_CORE_READ(clnt, cl_xprt);
	__u32 *state;
	int i;

	if (!out)
		return 0;
	out->identity = NFS_IDENTITY_CLIENT;
	out->client = client_of(BPF_CORE_READ(clnt, cl_clid), &state);
	out->program = BPF_CORE_READ(clnt, cl_prog);
	out->version = BPF_CORE_READ(clnt, cl_vers);
	out->protocol = BPF_CORE_READ(xprt, prot);
	bpf_probe_read_kernel(out->address, sizeof(out->address), &xprt->addr);
	if (bpf_probe_read_kernel_str(out->server, sizeof(out->server), BPF_CORE_READ(xprt, servername)) < 0)
		out->server[0] = 0;
	for (i = 0; i < NFS_PARENTS; i++) {
		struct rpc_clnt *next = parent ? BPF_CORE_READ(parent, cl_parent) : 0;

		/* A client without a parent is its own. */
		if (next == parent)
			next = 0;
		parent = next;
		out->parents[i] = parent ? client_of(BPF_CORE_READ(parent, cl_clid), &state) : 0;
	}
	return 0;
}

/* Tells user space of an rpc client and of those that mountstats adds to it, once each. */
static __noinline int identify_client(struct rpc_clnt *clnt)
{
	struct nfs_client *record;
	__u32 *state;

	client_of(BPF_CORE_READ(clnt, cl_clid), &state);
	if (!state || *state & CLIENT_SEEN)
		return 0;
	record = bpf_ringbuf_reserve(&identities, sizeof(*record), 0);
	if (!record) {
		LOST(identities);
		return 0;
	}
	describe_client(clnt, record);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	/* A race between two CPUs sends it twice, which is harmless. */
	*state |= CLIENT_SEEN;
	return 0;
}

#endif
