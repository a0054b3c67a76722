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

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Configuration, set at load. */
const volatile __u32 events_mode = NFS_EVENTS_SLOW;
const volatile __u64 slow_threshold = 1000000000;
/* Inclusive upper bounds, ascending, the rest ~0. 31, so that a search is always five steps. */
const volatile __u64 duration_bounds[31];
const volatile __u64 size_bounds[31];

#define NFS_PROGRAM 100003
#define CLIENT_SEEN (1U << 31)
/* Names deeper than this are lost; a container in a nested cluster is at 12. */
#define CGROUP_LEVELS 16
#define CGROUP_NAME 256
/* 16384 superblocks; a node with 250 pods has about 3000. The verifier gives up on one loop of that length. */
#define WALK_STEPS 512
#define WALK_ROUNDS 32

#define COUNT(field, n) __sync_fetch_and_add(&(field), (n))

/* A field of a kernel object that was read as one block. */
#define AT(block, type, field) (*(typeof(((type *)0)->field) *)((void *)(block) + bpf_core_field_offset(type, field)))

/* A field of a block that begins at another field, whose offset is first. */
#define IN(block, first, type, field)                                                                                  \
	(*(typeof(((type *)0)->field) *)((void *)(block) + distance(bpf_core_field_offset(type, field), first)))

/* Left to itself the compiler adds one and subtracts the other from the pointer, by a negation that 6.1 cannot bound.
 */
static __always_inline __u32 distance(__u32 to, __u32 from)
{
	to -= from;
	barrier_var(to);
	return to;
}

/* Reads [first field, last field] of an object into a block; the size is a constant by the time of verification. */
#define READ_BLOCK(block, object, type, from, to)                                                                      \
	({                                                                                                             \
		__u32 first = bpf_core_field_offset(type, from);                                                       \
		__u32 size = bpf_core_field_offset(type, to) + bpf_core_field_size(type, to) - first;                  \
		size > sizeof(block) ? -1 : bpf_probe_read_kernel(block, size, (void *)(object) + first);              \
	})

#define LOST(field)                                                                                                    \
	({                                                                                                             \
		__u32 only = 0;                                                                                        \
		struct nfs_loss *lost = bpf_map_lookup_elem(&loss, &only);                                             \
		if (lost)                                                                                              \
			COUNT(lost->field, 1);                                                                         \
	})

/* Tells user space the path of a cgroup, once. */
static __noinline int identify_cgroup(struct kernfs_node *kn, __u64 id)
{
	struct kernfs_node *parent;
	struct nfs_cgroup *record;
	const char *name;
	__u32 seen = 1, used = 0;
	long n;
	int i;

	if (bpf_map_lookup_elem(&cgroups, &id))
		return 0;
	record = bpf_ringbuf_reserve(&identities, sizeof(*record), 0);
	if (!record) {
		/* Not entered as seen: tried again at its next page, or when a process is next noted in it. */
		LOST(identities);
		return 0;
	}
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
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
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

SEC("raw_tp/rpc_task_begin")
int rpc_task_begin(__u64 *ctx)
{
	struct rpc_task *task = (void *)ctx[0];
	__u64 cgroup = bpf_get_current_cgroup_id();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct owner *owner = bpf_map_lookup_elem(&owners, &tgid);
	struct owner now = {};
	struct task_struct *current;

	if (owner && owner->cgroup == cgroup)
		return 0;
	current = (void *)bpf_get_current_task();
	now.cgroup = cgroup;
	now.previous = owner ? owner->cgroup : 0;
	now.since = BPF_CORE_READ(task, tk_start);
	now.kthread = BPF_CORE_READ(current, flags) & PF_KTHREAD ? 1 : 0;
	bpf_map_update_elem(&owners, &tgid, &now, BPF_ANY);
	identify_cgroup(BPF_CORE_READ(current, cgroups, dfl_cgrp, kn), cgroup);
	return 0;
}

static __always_inline __u64 cgroup_of_page(struct page *page)
{
	struct mem_cgroup *memcg = page ? page_memcg(page) : 0;
	struct kernfs_node *kn;
	__u64 id;

	if (!memcg)
		return 0;
	kn = BPF_CORE_READ(memcg, css.cgroup, kn);
	id = BPF_CORE_READ(kn, id);
	if (id)
		identify_cgroup(kn, id);
	return id;
}

/* Kept apart so that the verifier walks it once. */
static __noinline __u64 cgroup_of_write(struct nfs_pgio_header *header)
{
	struct page **pages = BPF_CORE_READ(header, page_array.pagevec);
	struct page *page = 0;

	bpf_probe_read_kernel(&page, sizeof(page), pages);
	return cgroup_of_page(page);
}

static __noinline __u64 cgroup_of_commit(struct nfs_commit_data *commit)
{
	/*
	 * The list links nfs_page by its first member; the page (the folio since 6.6) is the word behind it, at 16,
	 * in every kernel from 5.10 to 7.3. nfs_page itself is in no vmlinux BTF.
	 */
	void *request = BPF_CORE_READ(commit, pages.next);
	struct page *page = 0;

	if (request == (void *)commit + bpf_core_field_offset(struct nfs_commit_data, pages))
		return 0;
	bpf_probe_read_kernel(&page, sizeof(page), request + 16);
	return cgroup_of_page(page);
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
	total->index = BPF_CORE_READ(procedure, p_statidx);
	if (bpf_probe_read_kernel_str(total->operation, sizeof(total->operation), BPF_CORE_READ(procedure, p_name)) < 0)
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
};

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
	return 0;
}

static __noinline int emit(__u32 row, struct attempt *a, struct rpc_task *task, __u64 now)
{
	struct nfs_event *event;
	struct inode *inode;

	if (!a)
		return 0;
	/* BPF_CORE_READ(a->inode, ...) would look for struct attempt in the kernel. */
	inode = a->inode;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		LOST(events);
		return 0;
	}
	event->time = now;
	event->duration = a->duration;
	event->rtt = a->rtt;
	event->queue = a->queue;
	event->file = inode ? BPF_CORE_READ(inode, i_ino) : 0;
	event->offset = a->offset;
	event->row = row;
	event->status = a->status;
	event->bytes = a->bytes;
	event->requested = a->requested;
	event->sent = a->sent;
	event->received = a->received;
	event->owner = a->owner;
	event->uid = BPF_CORE_READ(task, tk_msg.rpc_cred, uid.val);
	event->xid = __builtin_bswap32(BPF_CORE_READ(task, tk_rqstp, rq_xid));
	event->transmissions = a->transmissions;
	event->timeouts = a->timeouts;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("raw_tp/rpc_task_end")
int rpc_task_end(__u64 *ctx)
{
	struct rpc_task *task = (void *)ctx[0];
	struct nfs_totals_key key = {};
	struct attempt a = {};
	struct owner *owner;
	struct scratch *s;
	struct rpc_clnt *clnt;
	void *data;
	__u64 now, start, xtime, paid;
	__u32 zero = 0, *row, *state, number, first, size, kind = NFS_KIND_OTHER;
	int direct = 0;

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
	if (IN(s->clnt, first, struct rpc_clnt, cl_prog) != NFS_PROGRAM)
		return 0;
	key.client = client_of(IN(s->clnt, first, struct rpc_clnt, cl_clid), &state);
	/* Without a request mountstats counts nothing, and neither do we. */
	if (READ_BLOCK(s->rqst, AT(s->task, struct rpc_task, tk_rqstp), struct rpc_rqst, rq_xmit_bytes_sent, rq_ntrans))
		return 0;
	now = bpf_ktime_get_ns();

	first = bpf_core_field_offset(struct rpc_rqst, rq_xmit_bytes_sent);
	start = AT(s->task, struct rpc_task, tk_start);
	xtime = IN(s->rqst, first, struct rpc_rqst, rq_xtime);
	a.duration = now - start;
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
		READ_BLOCK(s->header, header, struct nfs_pgio_header, args.offset, args.count);
		first = bpf_core_field_offset(struct nfs_pgio_header, args.offset);
		a.offset = IN(s->header, first, struct nfs_pgio_header, args.offset);
		a.requested = IN(s->header, first, struct nfs_pgio_header, args.count);
		a.bytes = a.status > 0 ? a.status : 0;
	} else if (data && data + bpf_core_field_offset(struct nfs_commit_data, task) == (void *)task) {
		struct nfs_commit_data *commit = data;

		kind = NFS_KIND_COMMIT;
		direct = BPF_CORE_READ(commit, dreq) != 0;
		a.inode = BPF_CORE_READ(commit, inode);
	}

	owner = bpf_map_lookup_elem(&owners, &a.owner);
	paid = owner ? (start >= owner->since ? owner->cgroup : owner->previous) : 0;
	if (paid)
		key.charge = owner && owner->kthread ? NFS_CHARGE_SYSTEM : NFS_CHARGE_SUBMITTER;
	if (!direct && (kind == NFS_KIND_WRITE || kind == NFS_KIND_COMMIT)) {
		/* Whoever flushes, the write belongs to whom its pages belong to. */
		__u64 page = kind == NFS_KIND_WRITE ? cgroup_of_write(data) : cgroup_of_commit(data);

		if (page) {
			paid = page;
			key.charge = NFS_CHARGE_PAGE;
		} else if (key.charge == NFS_CHARGE_SYSTEM) {
			/* A flusher thread writes on somebody's behalf: nobody can tell whose. */
			paid = 0;
			key.charge = NFS_CHARGE_UNKNOWN;
		}
	}
	key.cgroup = paid;
	key.kind = kind;

	row = bpf_map_lookup_elem(&rows, &key);
	number = row ? *row : new_row(&key, clnt);
	count(number, &a, kind);

	if (events_mode == NFS_EVENTS_ALL ||
	    (events_mode == NFS_EVENTS_SLOW && (a.status < 0 || a.duration >= slow_threshold)))
		emit(number, &a, task, now);
	return 0;
}

/* The number of a client that goes away is given to the next one: it must not inherit the totals. */
SEC("raw_tp/rpc_clnt_free")
int rpc_clnt_free(__u64 *ctx)
{
	struct rpc_clnt *clnt = (void *)ctx[0];
	__u32 clid = BPF_CORE_READ(clnt, cl_clid);
	__u32 *epoch = bpf_map_lookup_elem(&clients, &clid);

	if (epoch)
		*epoch = (*epoch + 1) & 0xffff;
	return 0;
}

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

/* Records that no map holds, and the enums: without a reference they would not be in the BTF. */
struct layout {
	struct nfs_event event;
	struct nfs_cgroup cgroup;
	enum nfs_kind kind;
	enum nfs_charge charge;
	enum nfs_events_mode events_mode;
	enum nfs_identity identity;
};
const struct layout *layout;
