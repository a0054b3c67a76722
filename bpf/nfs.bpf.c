/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Accounts every RPC of the NFS client to the cgroup that caused it.
 *
 * End-only: the begin of a task only notes which cgroup its process is in; everything else is read once, at the
 * end of each attempt, which is when mountstats counts it (rpc_exit_task calls rpc_count_iostats right after the
 * tracepoint). Nothing is kept per operation, so nothing leaks. Block reads, since one bpf_probe_read_kernel costs
 * 33 ns for 8 bytes and 48 ns for 384 (docs/adr/0001-end-only.md).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "nfs_event.h"
#include "kernel.h"
#include "compat.bpf.h"
#include "maps.bpf.h"

#include "charge.bpf.h"
#include "totals.bpf.h"
#include "tasks.bpf.h"
#include "walk.bpf.h"
#include "open.bpf.h"
#include "process.bpf.h"
#include "file.bpf.h"
#include "vfs.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Configuration, set at load. */
const volatile __u32 events_mode = NFS_EVENTS_SLOW;
const volatile __u64 slow_threshold = 1000000000;

static __always_inline struct inode *inode_of(struct attempt *a, struct rpc_task *task)
{
	/* BPF_CORE_READ(a->inode, ...) would look for struct attempt in the kernel. */
	return a->inode ?: inode_of_arguments((__u64)BPF_CORE_READ(task, tk_msg.rpc_argp));
}

static __noinline int tell_file(struct attempt *a, struct rpc_task *task, __u64 now)
{
	struct inode *inode;

	if (!a)
		return 0;
	inode = inode_of(a, task);
	if (inode)
		identify_file(inode, BPF_CORE_READ(inode, i_ino), a->client, now);
	return 0;
}

static __noinline int emit(__u32 row, struct attempt *a, struct rpc_task *task, __u64 now)
{
	struct nfs_event *event;
	struct inode *inode;
	__u64 file = 0;

	if (!a)
		return 0;
	inode = inode_of(a, task);
	if (inode) {
		file = BPF_CORE_READ(inode, i_ino);
		if (a->status < 0 || a->duration >= slow_threshold)
			identify_file(inode, file, a->client, now);
	}
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		LOST(events);
		return 0;
	}
	event->time = now;
	event->duration = a->duration;
	event->rtt = a->rtt;
	event->queue = a->queue;
	event->file = file;
	event->offset = a->offset;
	event->row = row;
	event->status = a->status;
	event->bytes = a->bytes;
	event->requested = a->requested;
	event->sent = a->sent;
	event->received = a->received;
	event->owner = a->owner;
	/* What goes over the wire. tk_msg.rpc_cred is empty where the submitter's own rights were good enough. */
	event->uid = BPF_CORE_READ(task, tk_rqstp, rq_cred, cr_cred, fsuid.val);
	event->xid = __builtin_bswap32(BPF_CORE_READ(task, tk_rqstp, rq_xid));
	event->transmissions = a->transmissions;
	event->timeouts = a->timeouts;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

static __always_inline int begin(struct rpc_task *task)
{
	__u64 cgroup = cgroup_of_current();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct owner *owner = bpf_map_lookup_elem(&owners, &tgid);
	struct owner now = {};
	struct task_struct *current;
	__u64 start;
	int told;

	if (owner && owner->cgroup == cgroup && owner->told == generation)
		return 0;
	current = (void *)bpf_get_current_task();
	start = BPF_CORE_READ(task, tk_start);
	now.cgroup = cgroup;
	if (owner && owner->cgroup == cgroup) {
		now.previous = owner->previous;
		now.since = owner->since;
	} else {
		now.previous = owner ? owner->cgroup : 0;
		now.since = start;
	}
	/* One whose threads are in two cgroups comes here with every operation. */
	told = owner && owner->told == generation && owner->previous == cgroup;
	now.told = generation;
	now.kthread = BPF_CORE_READ(current, flags) & PF_KTHREAD ? 1 : 0;
	bpf_map_update_elem(&owners, &tgid, &now, BPF_ANY);
	if (!told && (events_mode != NFS_EVENTS_OFF || job_variables_set))
		identify_process(tgid, cgroup, start);
	identify_cgroup(cgroup_of_task(current), cgroup);
	return 0;
}

static __always_inline int end(struct rpc_task *task)
{
	struct nfs_totals_key key = {};
	struct attempt a = {};
	struct scratch *s;
	struct rpc_clnt *clnt;
	struct nfs_open_context *context = 0;
	void *data;
	__u64 now, start, xtime;
	__u32 zero = 0, *row, *state, number, first, size, kind = NFS_KIND_OTHER;
	int direct = 0, tells;

	s = bpf_map_lookup_elem(&scratch, &zero);
	if (!s)
		return 0;
	size = bpf_core_type_size(struct rpc_task);
	if (size > sizeof(s->task) || bpf_probe_read_kernel(s->task, size, task))
		return 0;
	clnt = AT(s->task, struct rpc_task, tk_client);
	if (READ_BLOCK(s->clnt, clnt, struct rpc_clnt, cl_clid, cl_vers))
		return 0;
	first = bpf_core_field_offset(struct rpc_clnt, cl_clid);
	if (!is_counted(IN(s->clnt, first, struct rpc_clnt, cl_prog)))
		return 0;
	key.client = a.client = client_of(IN(s->clnt, first, struct rpc_clnt, cl_clid), &state);
	/* Without a request mountstats counts nothing, and neither do we. */
	if (READ_BLOCK(s->rqst, AT(s->task, struct rpc_task, tk_rqstp), struct rpc_rqst, rq_xmit_bytes_sent, rq_ntrans))
		return 0;

	first = bpf_core_field_offset(struct rpc_rqst, rq_xmit_bytes_sent);
	start = AT(s->task, struct rpc_task, tk_start);
	xtime = IN(s->rqst, first, struct rpc_rqst, rq_xtime);
	a.rtt = IN(s->rqst, first, struct rpc_rqst, rq_rtt);
	a.queue = xtime ? xtime - start : 0;
	a.sent = IN(s->rqst, first, struct rpc_rqst, rq_xmit_bytes_sent);
	a.received = IN(s->rqst, first, struct rpc_rqst, rq_reply_bytes_recvd);
	a.transmissions = IN(s->rqst, first, struct rpc_rqst, rq_ntrans);
	a.timeouts = AT(s->task, struct rpc_task, tk_timeouts);
	a.status = AT(s->task, struct rpc_task, tk_status);
	a.owner = AT(s->task, struct rpc_task, tk_owner);
	key.error = a.status < 0 ? -a.status : 0;
	key.procedure = (__u64)AT(s->task, struct rpc_task, tk_msg.rpc_proc);

	/* A task that lies inside its own call data is one of the two that move or commit pages. */
	data = AT(s->task, struct rpc_task, tk_calldata);
	if (data && data + bpf_core_field_offset(struct nfs_pgio_header, task) == (void *)task) {
		struct nfs_pgio_header *header = data;
		__u32 mode;

		if (READ_BLOCK(s->header, header, struct nfs_pgio_header, inode, dreq))
			return 0;
		first = bpf_core_field_offset(struct nfs_pgio_header, inode);
		mode = IN(s->header, first, struct nfs_pgio_header, rw_mode);
		kind = mode & FMODE_WRITE ? NFS_KIND_WRITE : NFS_KIND_READ;
		direct = IN(s->header, first, struct nfs_pgio_header, dreq) != 0;
		a.inode = IN(s->header, first, struct nfs_pgio_header, inode);
		if (!handle_to_inode && !IN(s->header, first, struct nfs_pgio_header, lseg))
			handle_to_inode = (__u64)a.inode - (__u64)BPF_CORE_READ(header, args.fh);
		READ_BLOCK(s->header, header, struct nfs_pgio_header, args.context, args.count);
		first = bpf_core_field_offset(struct nfs_pgio_header, args.context);
		context = IN(s->header, first, struct nfs_pgio_header, args.context);
		a.offset = IN(s->header, first, struct nfs_pgio_header, args.offset);
		a.requested = IN(s->header, first, struct nfs_pgio_header, args.count);
		a.bytes = a.status > 0 ? a.status : 0;
	} else if (data && data + bpf_core_field_offset(struct nfs_commit_data, task) == (void *)task) {
		struct nfs_commit_data *commit = data;

		kind = NFS_KIND_COMMIT;
		direct = BPF_CORE_READ(commit, dreq) != 0;
		a.inode = BPF_CORE_READ(commit, inode);
		context = BPF_CORE_READ(commit, context);
	}

	key.cgroup = payer(start, a.owner, kind, direct, data, context, &key.charge);
	key.kind = kind_of_row(kind, direct);

	row = bpf_map_lookup_elem(&rows, &key);
	number = row ? *row : new_row(&key, clnt);
	/* As late as can be: the kernel reads its clock for the same sum as soon as this has returned. */
	now = bpf_ktime_get_ns();
	a.duration = now - start;
	tells = count(number, &a, kind);

	if (events_mode == NFS_EVENTS_ALL ||
	    (events_mode == NFS_EVENTS_SLOW && (a.status < 0 || a.duration >= slow_threshold)))
		emit(number, &a, task, now);
	if (tells && events_mode != NFS_EVENTS_OFF)
		tell_file(&a, task, now);
	return 0;
}

/* The number of a client that goes away is given to the next one: it must not inherit the totals. */
static __always_inline int forget(struct rpc_clnt *clnt)
{
	__u32 clid = BPF_CORE_READ(clnt, cl_clid);
	__u32 *epoch = bpf_map_lookup_elem(&clients, &clid);

	if (epoch)
		*epoch = (*epoch + 1) & 0xffff;
	return 0;
}

#include "hooks.bpf.h"

/* Records that no map holds, and the enums: without a reference they would not be in the BTF. */
struct layout {
	struct nfs_event event;
	struct nfs_cgroup cgroup;
	struct nfs_process process;
	struct nfs_exit exit;
	struct nfs_file file;
	enum nfs_kind kind;
	enum nfs_vfs vfs;
	enum nfs_charge charge;
	enum nfs_events_mode events_mode;
	enum nfs_identity identity;
	enum nfs_hierarchy hierarchy;
	enum nfs_environment environment;
	enum nfs_walk walk;
};
const struct layout *layout;
