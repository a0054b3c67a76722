/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The usual way to measure an operation with eBPF, as the other side of the comparison: an entry in a hash at its
 * begin, taken out at its end, every field of the kernel read by itself, totals in a per-CPU hash. It keeps the same
 * sums and the same four histograms for the same keys, so that only the design differs; its buckets are powers of two
 * and its sums need no atomics, both of which are cheaper than what it is held against.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "../../../bpf/kernel.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define NFS_PROGRAM 100003
#define BUCKETS 20

struct operation {
	__u64 begun;
	__u64 start;
	__u64 cgroup;
	__u64 procedure;
	__u64 name;
	__u64 inode;
	__u64 offset;
	__u32 client;
	__u32 version;
	__u32 index;
	__u32 owner;
	__u32 tgid;
	__u32 uid;
	__u32 count;
	__u32 mode;
	__u32 moves_data;
	__u32 direct;
	char comm[16];
};

struct key {
	__u64 cgroup;
	__u64 procedure;
	__u32 client;
	__u32 error;
};

struct totals {
	__u64 count;
	__u64 bytes;
	__u64 requested;
	__u64 sent;
	__u64 received;
	__u64 retransmits;
	__u64 timeouts;
	__u64 duration_sum;
	__u64 rtt_sum;
	__u64 queue_sum;
	__u64 duration[BUCKETS];
	__u64 rtt[BUCKETS];
	__u64 queue[BUCKETS];
	__u64 size[BUCKETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct operation);
} in_flight SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct key);
	__type(value, struct totals);
} all_totals SEC(".maps");

/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct totals);
} zero_totals SEC(".maps");

static __always_inline __u32 power_of_two(__u64 value)
{
	__u32 high = value >> 32, word = high ? high : value, r, shift;

	r = (word > 0xffff) << 4;
	word >>= r;
	shift = (word > 0xff) << 3;
	word >>= shift;
	r |= shift;
	shift = (word > 0xf) << 2;
	word >>= shift;
	r |= shift;
	shift = (word > 0x3) << 1;
	word >>= shift;
	r |= shift | (word >> 1);
	return r + (high ? 32 : 0);
}

static __always_inline void add(__u64 *histogram, __u64 value)
{
	__u32 i = power_of_two(value);

	histogram[i < BUCKETS ? i : BUCKETS - 1]++;
}

SEC("raw_tp")
int usual_begin(__u64 *ctx)
{
	struct rpc_task *task = (void *)ctx[0];
	__u64 id = (__u64)task;
	struct rpc_clnt *clnt = BPF_CORE_READ(task, tk_client);
	const struct rpc_procinfo *procedure;
	struct nfs_pgio_header *header;
	struct operation o = {};

	if (BPF_CORE_READ(clnt, cl_prog) != NFS_PROGRAM)
		return 0;
	o.client = BPF_CORE_READ(clnt, cl_clid);
	o.version = BPF_CORE_READ(clnt, cl_vers);
	procedure = BPF_CORE_READ(task, tk_msg.rpc_proc);
	o.procedure = (__u64)procedure;
	o.index = BPF_CORE_READ(procedure, p_statidx);
	o.name = (__u64)BPF_CORE_READ(procedure, p_name);
	o.owner = BPF_CORE_READ(task, tk_owner);
	o.start = BPF_CORE_READ(task, tk_start);
	o.begun = bpf_ktime_get_ns();
	o.cgroup = bpf_get_current_cgroup_id();
	o.tgid = bpf_get_current_pid_tgid() >> 32;
	o.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(o.comm, sizeof(o.comm));
	header = BPF_CORE_READ(task, tk_calldata);
	if (header && (void *)header + bpf_core_field_offset(struct nfs_pgio_header, task) == (void *)task) {
		o.moves_data = 1;
		o.inode = BPF_CORE_READ(header, inode, i_ino);
		o.mode = BPF_CORE_READ(header, rw_mode);
		o.direct = BPF_CORE_READ(header, dreq) != 0;
		o.offset = BPF_CORE_READ(header, args.offset);
		o.count = BPF_CORE_READ(header, args.count);
	}
	bpf_map_update_elem(&in_flight, &id, &o, BPF_ANY);
	return 0;
}

SEC("raw_tp")
int usual_end(__u64 *ctx)
{
	struct rpc_task *task = (void *)ctx[0];
	__u64 id = (__u64)task, now, xtime, rtt, queue;
	struct operation *o = bpf_map_lookup_elem(&in_flight, &id);
	struct rpc_rqst *rqst;
	struct key key = {};
	struct totals *t;
	__u32 zero = 0;
	int status, transmissions;

	if (!o)
		return 0;
	rqst = BPF_CORE_READ(task, tk_rqstp);
	if (!rqst)
		return 0;
	now = bpf_ktime_get_ns();
	status = BPF_CORE_READ(task, tk_status);
	key.cgroup = o->cgroup;
	key.procedure = o->procedure;
	key.client = o->client;
	key.error = status < 0 ? -status : 0;
	t = bpf_map_lookup_elem(&all_totals, &key);
	if (!t) {
		t = bpf_map_lookup_elem(&zero_totals, &zero);
		if (!t)
			return 0;
		bpf_map_update_elem(&all_totals, &key, t, BPF_NOEXIST);
		t = bpf_map_lookup_elem(&all_totals, &key);
		if (!t)
			return 0;
	}
	xtime = BPF_CORE_READ(rqst, rq_xtime);
	rtt = BPF_CORE_READ(rqst, rq_rtt);
	queue = xtime ? xtime - o->start : 0;
	transmissions = BPF_CORE_READ(rqst, rq_ntrans);
	t->count++;
	t->sent += BPF_CORE_READ(rqst, rq_xmit_bytes_sent);
	t->received += BPF_CORE_READ(rqst, rq_reply_bytes_recvd);
	t->timeouts += BPF_CORE_READ(task, tk_timeouts);
	t->retransmits += transmissions > 1 ? transmissions - 1 : 0;
	t->duration_sum += now - o->start;
	t->rtt_sum += rtt;
	t->queue_sum += queue;
	add(t->duration, now - o->start);
	if (o->moves_data) {
		t->bytes += status > 0 ? status : 0;
		t->requested += o->count;
		add(t->rtt, rtt);
		add(t->queue, queue);
		if (status >= 0)
			add(t->size, status);
	}
	bpf_map_delete_elem(&in_flight, &id);
	return 0;
}

/* What a run costs by itself. */
SEC("raw_tp")
int empty(__u64 *ctx)
{
	return 0;
}
