/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What is in flight: the task lists of rpc clients, read when somebody asks, so that nothing is kept for an operation
 * that is under way (docs/adr/0008-task-walk.md). They are followed without their lock. Functions that loops call are
 * global, so that the verifier checks each once; the others are inline, since it allows eight calls inside each other.
 */
#ifndef TASKS_BPF_H
#define TASKS_BPF_H

#include "charge.bpf.h"

/* 16384 tasks a client: the buffered writes of 16 GiB at the largest wsize. More are left out. */
#define TASK_STEPS 512
#define TASK_ROUNDS 32
/* include/linux/err.h */
#define MAX_ERRNO 4095

/* Rows that the walk under way has found, with those it has no room for. User space runs one walk at a time. */
__u32 walk_found;
/* Whether it met a list that was being changed. */
__u32 walk_torn;

static __always_inline void describe_call(struct nfs_task *out, struct rpc_task *task)
{
	void *data = BPF_CORE_READ(task, tk_calldata);
	struct nfs_open_context *context = 0;
	struct inode *inode = 0;
	int direct = 0;

	out->kind = NFS_KIND_OTHER;
	out->charge = NFS_CHARGE_UNKNOWN;
	out->offset = 0;
	out->bytes = 0;
	/* As in rpc_task_end. */
	if (data && data + bpf_core_field_offset(struct nfs_pgio_header, task) == (void *)task) {
		struct nfs_pgio_header *header = data;

		out->kind = BPF_CORE_READ(header, rw_mode) & FMODE_WRITE ? NFS_KIND_WRITE : NFS_KIND_READ;
		out->offset = BPF_CORE_READ(header, args.offset);
		out->bytes = BPF_CORE_READ(header, args.count);
		direct = BPF_CORE_READ(header, dreq) != 0;
		context = BPF_CORE_READ(header, args.context);
		inode = BPF_CORE_READ(header, inode);
	} else if (data && data + bpf_core_field_offset(struct nfs_commit_data, task) == (void *)task) {
		struct nfs_commit_data *commit = data;

		out->kind = NFS_KIND_COMMIT;
		direct = BPF_CORE_READ(commit, dreq) != 0;
		context = BPF_CORE_READ(commit, context);
		inode = BPF_CORE_READ(commit, inode);
	}
	out->file = inode ? BPF_CORE_READ(inode, i_ino) : 0;
	out->cgroup = payer(out->start, out->owner, out->kind, direct, data, context, &out->charge);
	out->kind = kind_of_row(out->kind, direct);
}

/* Writes a row for a task that is not over; -1 when it left the list of its client meanwhile. */
__noinline int visit_task(__u64 address, __u64 client)
{
	struct rpc_task *task = (void *)address;
	struct rpc_clnt *clnt = (void *)client;
	const struct rpc_procinfo *procedure;
	struct nfs_task *out;
	__u32 row = walk_found, *state;

	if (BPF_CORE_READ(task, tk_client) != clnt)
		return -1;
	/* Set from its first step to its last: what waits to be started or to be freed is not in flight. */
	if (!(BPF_CORE_READ(task, tk_runstate) & RPC_TASK_ACTIVE) || !is_counted(BPF_CORE_READ(clnt, cl_prog)))
		return 0;
	walk_found = row + 1;
	out = bpf_map_lookup_elem(&tasks, &row);
	if (!out) {
		LOST(tasks);
		return 0;
	}
	identify_client(clnt);
	out->client = client_of(BPF_CORE_READ(clnt, cl_clid), &state);
	out->program = BPF_CORE_READ(clnt, cl_prog);
	out->version = BPF_CORE_READ(clnt, cl_vers);
	out->start = BPF_CORE_READ(task, tk_start);
	out->owner = BPF_CORE_READ(task, tk_owner);
	out->timeouts = BPF_CORE_READ(task, tk_timeouts);
	out->transmissions = BPF_CORE_READ(task, tk_rqstp, rq_ntrans);
	procedure = BPF_CORE_READ(task, tk_msg.rpc_proc);
	if (bpf_probe_read_kernel_str(out->operation, sizeof(out->operation), BPF_CORE_READ(procedure, p_name)) < 0)
		out->operation[0] = 0;
	describe_call(out, task);
	/* What ended while it was being read may be another task by now. */
	if (BPF_CORE_READ(task, tk_client) != clnt || BPF_CORE_READ(task, tk_start) != out->start)
		return -1;
	return 0;
}

/* Goes on from one link of the list; returns where it stopped: its head when all were seen, 0 when the list is torn. */
__noinline __u64 visit_some(__u64 at, __u64 client)
{
	__u64 head = client + bpf_core_field_offset(struct rpc_clnt, cl_tasks);
	int i;

	for (i = 0; i < TASK_STEPS; i++) {
		struct list_head *link = (void *)at;
		struct list_head *next = BPF_CORE_READ(link, next);

		if ((__u64)next == head)
			return head;
		/* A task that ended points nowhere; one that began again since is at the list's end, behind another. */
		if (BPF_CORE_READ(next, prev) != link)
			return 0;
		if (visit_task((__u64)next - bpf_core_field_offset(struct rpc_task, tk_task), client))
			return 0;
		at = (__u64)next;
	}
	return at;
}

/* A server without that client has an error in its place: ERR_PTR, the last page of all addresses. */
static __always_inline void visit_client(__u64 client)
{
	__u64 head = client + bpf_core_field_offset(struct rpc_clnt, cl_tasks), at = head;
	int i;

	if (!client || client >= -MAX_ERRNO)
		return;
	for (i = 0; i < TASK_ROUNDS; i++) {
		at = visit_some(at, client);
		if (at == head)
			return;
		if (!at) {
			walk_torn = 1;
			return;
		}
	}
	LOST(tasks);
	return;
}

/* The rpc clients of a mount: its own, that of its ACLs (NFSv3), and that of the server, which mounts share. */
static __always_inline void visit_server(struct nfs_server *server)
{
	struct nfs_client___kernel *shared = BPF_CORE_READ(server, nfs_client);
	__u64 link = (__u64)server + bpf_core_field_offset(struct nfs_server, client_link);

	visit_client((__u64)BPF_CORE_READ(server, client));
	visit_client((__u64)BPF_CORE_READ(server, client_acl));
	/* With the first of the mounts, so once. */
	if ((__u64)BPF_CORE_READ(shared, cl_superblocks.next) == link)
		visit_client((__u64)BPF_CORE_READ(shared, cl_rpcclient));
}

#endif
