/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Builds the kernel objects behind one RPC inside a map value, at the offsets that the BTF under test gives, so that
 * the real programs can be run on them (BPF_PROG_TEST_RUN) on a kernel that has no NFS at all.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "../kernel.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct page___pointer {
	struct mem_cgroup *mem_cgroup;
};
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};
struct dentry___anonymous {
	struct hlist_node d_alias;
};
struct page___info {
	unsigned long compound_info;
};
struct obj_cgroup___root {
	struct mem_cgroup *memcg;
	_Bool is_root;
};
#pragma clang attribute pop

enum shape { PLAIN, READ, WRITE, DIRECT_WRITE, COMMIT, WRITE_TAIL_PAGE, WRITE_NO_CGROUP, DIRECT_COMMIT };

/* Where the arguments of an operation that moves no pages have the file handle. */
enum arguments { NONE, HANDLE, HANDLE_FIRST, HANDLE_AFTER_SEQUENCE, NO_HANDLE, NO_INODE, OTHER_FILESYSTEM, DATA_SERVER };

/* In what way the list of tasks was being changed. */
enum torn { WHOLE, LINK, CLIENT };

/* Written by the test; the order is that of `operation` in testing/fake-kernel.ts. */
struct wanted {
	__u64 start;
	__u64 rtt;
	__u64 xtime;
	__u64 offset;
	__u64 inode;
	__u64 page_cgroup;
	__u32 shape;
	__s32 status;
	__u32 owner;
	__u32 uid;
	__u32 xid;
	__u32 transmissions;
	__u32 timeouts;
	__u32 sent;
	__u32 received;
	__u32 count;
	__u32 clid;
	__u32 parent;
	__u32 program;
	__u32 version;
	__u32 index;
	__u32 no_request;
	__u32 runstate;
	__u32 torn; /* enum torn */
	char name[32];
	char server[32];
	char cgroup[3][32]; /* leaf first */
	__u8 address[32];
	__u32 arguments;
	__u32 levels;	   /* names of the path */
	char path[4][256]; /* leaf first */
};

/* Where each object lies. nfs_pgio_header is the largest, below 1200 bytes on every kernel. */
enum place {
	HEADER = 0,
	TASK = 2048,
	RQST = 2560,
	CLNT = 3072,
	PARENT = 4096,
	XPRT = 5120,
	PROCEDURE = 7168,
	CRED = 7296,
	HANDLE_PLACE = 7424, /* the file handle of an nfs_inode */
	INODE = 7680,
	PAGES = 8832,
	REQUEST = 8896,
	/* A tail page that has its head's address but for one bit, so that a mask leads from the one to the other. */
	HEAD_PAGE = 9216,
	PAGE = HEAD_PAGE + 128,
	OBJECT = 9472,
	MEMCG = 9600,
	CGROUP = 14336,
	KN = 18432,
	STRINGS = 19456,
	CONTEXT = 19712,
	ARGUMENTS = 19840,
	RPC_CRED = 20224,
	DENTRIES = 20480, /* the file, its folders and the root */
	NAMES = 23040,
	SUPERBLOCK = 24576,
	SERVER = 26624,
	SHARED = 28160,
	START = 29184,
	SIZE = 29248,
};

struct heap {
	__u8 bytes[SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wanted);
} wanted SEC(".maps");

/* Mappable, so that its value begins at a page and the low bits of an address are those of its place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct heap);
} heap SEC(".maps");

/* Tasks of one client, beside the one that is wanted: more than a walk has rows for. */
#define CROWD 4200
#define CROWD_STEP 256

struct crowd {
	__u8 bytes[CROWD * CROWD_STEP];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct crowd);
} crowd SEC(".maps");

/* Addresses for the test: the task, the rpc client, the file as it was opened, the superblock that a walk starts from.
 */
struct made {
	__u64 task;
	__u64 client;
	__u64 context;
	__u64 dentry;
	__u64 cred;
	__u64 start;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct made);
} made SEC(".maps");

#define PUT(place, type, field, value)                                                                                 \
	(*(typeof(((type *)0)->field) *)(h->bytes + (place) + bpf_core_field_offset(type, field)) =                    \
	     (typeof(((type *)0)->field))(value))
#define TO(place) ((__u64)h->bytes + (place))

SEC("raw_tp")
int make_operation(__u64 *ctx)
{
	__u32 zero = 0, task, address, tasks, link, list, i;
	struct wanted *w = bpf_map_lookup_elem(&wanted, &zero);
	struct heap *h = bpf_map_lookup_elem(&heap, &zero);
	struct made *out = bpf_map_lookup_elem(&made, &zero);
	struct page___pointer *pointer = 0;
	struct page___info *info = 0;
	struct obj_cgroup___root *object = 0;
	struct kernfs_node___rcu *rcu = 0;
	struct dentry___anonymous *anonymous = 0;

	if (!w || !h || !out)
		return -1;
	__builtin_memset(h->bytes + STRINGS, 0, 256);

	/* server side: client, its parent, its transport */
	PUT(CLNT, struct rpc_clnt, cl_clid, w->clid);
	PUT(CLNT, struct rpc_clnt, cl_prog, w->program);
	PUT(CLNT, struct rpc_clnt, cl_vers, w->version);
	PUT(CLNT, struct rpc_clnt, cl_xprt, TO(XPRT));
	PUT(CLNT, struct rpc_clnt, cl_parent, TO(PARENT));
	PUT(PARENT, struct rpc_clnt, cl_clid, w->parent);
	PUT(PARENT, struct rpc_clnt, cl_parent, TO(PARENT));
	PUT(XPRT, struct rpc_xprt, prot, 6);
	PUT(XPRT, struct rpc_xprt, servername, TO(STRINGS + 32));
	/* Kept out of the stores: libbpf would hold their width against that of the whole field. */
	address = bpf_core_field_offset(struct rpc_xprt, addr);
	barrier_var(address);
	__builtin_memcpy(h->bytes + XPRT + address, w->address, 32);
	__builtin_memcpy(h->bytes + STRINGS, w->name, 32);
	__builtin_memcpy(h->bytes + STRINGS + 32, w->server, 32);
	PUT(PROCEDURE, struct rpc_procinfo, p_statidx, w->index);
	PUT(PROCEDURE, struct rpc_procinfo, p_name, TO(STRINGS));
	PUT(CRED, struct cred, fsuid.val, w->uid);
	PUT(RPC_CRED, struct rpc_cred, cr_cred, TO(CRED));

	/* the request */
	PUT(RQST, struct rpc_rqst, rq_cred, TO(RPC_CRED));
	PUT(RQST, struct rpc_rqst, rq_xid, __builtin_bswap32(w->xid));
	PUT(RQST, struct rpc_rqst, rq_xmit_bytes_sent, w->sent);
	PUT(RQST, struct rpc_rqst, rq_reply_bytes_recvd, w->received);
	PUT(RQST, struct rpc_rqst, rq_rtt, w->rtt);
	PUT(RQST, struct rpc_rqst, rq_xtime, w->xtime);
	PUT(RQST, struct rpc_rqst, rq_ntrans, w->transmissions);

	/* the memory cgroup of the first page, three levels below the root */
	PUT(CGROUP, struct cgroup, kn, TO(KN));
	PUT(MEMCG, struct mem_cgroup, css.cgroup, TO(CGROUP));
	for (i = 0; i < 3; i++)
		__builtin_memcpy(h->bytes + STRINGS + 64 + i * 32, w->cgroup[i], 32);
#pragma unroll
	for (i = 0; i < 4; i++) {
		PUT(KN + i * 256, struct kernfs_node, id, i ? 1000 + i : w->page_cgroup);
		PUT(KN + i * 256, struct kernfs_node, name, TO(STRINGS + 64 + i * 32));
		if (bpf_core_field_exists(rcu->__parent))
			PUT(KN + i * 256, struct kernfs_node___rcu, __parent, i < 3 ? TO(KN + (i + 1) * 256) : 0);
		else
			PUT(KN + i * 256, struct kernfs_node, parent, i < 3 ? TO(KN + (i + 1) * 256) : 0);
	}
	if (bpf_core_field_exists(info->compound_info)) {
		/* As a mask, which the kernel prefers: it leaves the tail page's address as that of its head. */
		PUT(PAGE, struct page___info, compound_info,
		    w->shape == WRITE_TAIL_PAGE ? ~(__u64)(PAGE ^ HEAD_PAGE) | 1 : 0);
		PUT(HEAD_PAGE, struct page___info, compound_info, 0);
	} else {
		PUT(PAGE, struct page, compound_head, w->shape == WRITE_TAIL_PAGE ? TO(HEAD_PAGE) + 1 : 0);
		PUT(HEAD_PAGE, struct page, compound_head, 0);
	}
#pragma unroll
	for (i = HEAD_PAGE; i <= PAGE; i += PAGE - HEAD_PAGE) {
		int charged = w->shape == WRITE_TAIL_PAGE ? i == HEAD_PAGE : w->shape != WRITE_NO_CGROUP;

		if (bpf_core_field_exists(pointer->mem_cgroup))
			PUT(i, struct page___pointer, mem_cgroup, charged ? TO(MEMCG) : 0);
		else
			PUT(i, struct page, memcg_data,
			    !charged				     ? 0
			    : bpf_core_field_exists(object->is_root) ? TO(OBJECT)
								     : TO(MEMCG));
	}
	if (bpf_core_field_exists(object->is_root))
		PUT(OBJECT, struct obj_cgroup___root, memcg, TO(MEMCG));
	*(__u64 *)(h->bytes + PAGES) = TO(PAGE);
	*(__u64 *)(h->bytes + REQUEST + 16) = TO(PAGE);

	/* the task, alone or inside its call data */
	if (w->shape == PLAIN)
		task = TASK;
	else if (w->shape == COMMIT || w->shape == DIRECT_COMMIT)
		task = bpf_core_field_offset(struct nfs_commit_data, task);
	else
		task = bpf_core_field_offset(struct nfs_pgio_header, task);
	if (task > TASK)
		return -1;
	if (w->shape == COMMIT || w->shape == DIRECT_COMMIT) {
		PUT(HEADER, struct nfs_commit_data, inode, TO(INODE));
		PUT(HEADER, struct nfs_commit_data, dreq, w->shape == DIRECT_COMMIT ? TO(RQST) : 0);
		PUT(HEADER, struct nfs_commit_data, context, TO(CONTEXT));
		PUT(HEADER, struct nfs_commit_data, pages.next, TO(REQUEST));
	} else if (w->shape != PLAIN) {
		PUT(HEADER, struct nfs_pgio_header, inode, TO(INODE));
		PUT(HEADER, struct nfs_pgio_header, rw_mode, w->shape == READ ? FMODE_READ : FMODE_WRITE);
		PUT(HEADER, struct nfs_pgio_header, dreq, w->shape == DIRECT_WRITE ? TO(RQST) : 0);
		PUT(HEADER, struct nfs_pgio_header, args.context, TO(CONTEXT));
		PUT(HEADER, struct nfs_pgio_header, args.offset, w->offset);
		PUT(HEADER, struct nfs_pgio_header, args.count, w->count);
		PUT(HEADER, struct nfs_pgio_header, page_array.pagevec, TO(PAGES));
	}
	PUT(CONTEXT, struct nfs_open_context, dentry, TO(INODE));
	PUT(CONTEXT, struct nfs_open_context, cred, TO(CRED));
	PUT(INODE, struct inode, i_sb, TO(SUPERBLOCK));
	PUT(INODE, struct inode, i_ino, w->inode);
	PUT(INODE, struct inode, i_data.host, w->arguments == NO_INODE ? 0 : TO(INODE));
	PUT(INODE, struct inode, i_dentry.first,
	    TO(DENTRIES) + (bpf_core_field_exists(anonymous->d_alias)
				? bpf_core_field_offset(struct dentry___anonymous, d_alias)
				: bpf_core_field_offset(struct dentry, d_u.d_alias)));
	if (w->shape != PLAIN && w->shape != COMMIT && w->shape != DIRECT_COMMIT) {
		PUT(HEADER, struct nfs_pgio_header, args.fh, TO(w->arguments == DATA_SERVER ? STRINGS : HANDLE_PLACE));
		PUT(HEADER, struct nfs_pgio_header, lseg, w->arguments == DATA_SERVER ? TO(STRINGS) : 0);
	}
	__builtin_memcpy(h->bytes + NAMES, w->path, sizeof(w->path));
#pragma unroll
	for (i = 0; i < 5; i++) {
		PUT(DENTRIES + i * 512, struct dentry, d_parent, TO(DENTRIES + (i < w->levels ? i + 1 : i) * 512));
		PUT(DENTRIES + i * 512, struct dentry, d_name.name, TO(NAMES + i * 256));
	}
	address = bpf_core_type_size(struct nfs4_sequence_args);
	barrier_var(address);
	__builtin_memset(h->bytes + ARGUMENTS, 0, 64);
	*(__u64 *)(h->bytes + ARGUMENTS) = w->arguments == HANDLE_FIRST ? TO(HANDLE_PLACE) : TO(ARGUMENTS);
	if (w->arguments == HANDLE_AFTER_SEQUENCE && address < 64)
		*(__u64 *)(h->bytes + ARGUMENTS + address) = TO(HANDLE_PLACE);
	PUT(task, struct rpc_task, tk_status, w->status);
	PUT(task, struct rpc_task, tk_owner, w->owner);
	PUT(task, struct rpc_task, tk_start, w->start);
	PUT(task, struct rpc_task, tk_timeouts, w->timeouts);
	PUT(task, struct rpc_task, tk_client, TO(CLNT));
	PUT(task, struct rpc_task, tk_rqstp, w->no_request ? 0 : TO(RQST));
	PUT(task, struct rpc_task, tk_calldata, w->shape == PLAIN ? 0 : TO(HEADER));
	PUT(task, struct rpc_task, tk_msg.rpc_proc, TO(PROCEDURE));
	PUT(task, struct rpc_task, tk_msg.rpc_argp,
	    w->arguments == NONE				 ? 0
	    : w->arguments == HANDLE || w->arguments >= NO_INODE ? TO(HANDLE_PLACE)
								 : TO(ARGUMENTS));

	/* the list of the client's tasks, and the mount it belongs to, as the only superblock beside that where a walk
	 * starts */
	tasks = bpf_core_field_offset(struct rpc_clnt, cl_tasks);
	link = bpf_core_field_offset(struct rpc_task, tk_task);
	PUT(CLNT, struct rpc_clnt, cl_tasks.next, TO(task + link));
	PUT(CLNT, struct rpc_clnt, cl_tasks.prev, TO(task + link));
	PUT(task, struct rpc_task, tk_task.next, TO(CLNT + tasks));
	PUT(task, struct rpc_task, tk_task.prev, w->torn == LINK ? 0 : TO(CLNT + tasks));
	PUT(task, struct rpc_task, tk_runstate, w->runstate);
	if (w->torn == CLIENT)
		PUT(task, struct rpc_task, tk_client, TO(PARENT));
	PUT(PARENT, struct rpc_clnt, cl_tasks.next, TO(PARENT + tasks));
	PUT(SHARED, struct nfs_client___kernel, cl_superblocks.next,
	    TO(SERVER + bpf_core_field_offset(struct nfs_server, client_link)));
	PUT(SHARED, struct nfs_client___kernel, cl_rpcclient, TO(PARENT));
	PUT(SERVER, struct nfs_server, nfs_client, TO(SHARED));
	PUT(SERVER, struct nfs_server, client, TO(CLNT));
	/* -EINVAL: NFSv4 has no client for ACLs. */
	PUT(SERVER, struct nfs_server, client_acl, -22L);
	list = bpf_core_field_offset(struct super_block, s_list);
	*(__u64 *)(h->bytes + START) = TO(SUPERBLOCK + list);
	PUT(SUPERBLOCK, struct super_block, s_list.next, TO(START));
	PUT(SUPERBLOCK, struct super_block, s_magic, w->arguments == OTHER_FILESYSTEM ? 0xef53 : NFS_SUPER_MAGIC);
	PUT(SUPERBLOCK, struct super_block, s_dev, 38);
	PUT(SUPERBLOCK, struct super_block, s_root, TO(INODE));
	PUT(SUPERBLOCK, struct super_block, s_fs_info, TO(SERVER));
	out->start = TO(START - list);
	out->task = TO(task);
	out->client = TO(CLNT);
	out->context = TO(CONTEXT);
	out->dentry = TO(INODE);
	out->cred = TO(CRED);
	return 0;
}

/* Puts CROWD tasks into the list of the client that make_operation made, instead of its own. */
SEC("raw_tp")
int make_crowd(__u64 *ctx)
{
	__u32 zero = 0, link = bpf_core_field_offset(struct rpc_task, tk_task), i;
	struct heap *h = bpf_map_lookup_elem(&heap, &zero);
	struct crowd *c = bpf_map_lookup_elem(&crowd, &zero);
	__u64 head, first;

	if (!h || !c)
		return -1;
	head = TO(CLNT + bpf_core_field_offset(struct rpc_clnt, cl_tasks));
	first = (__u64)c->bytes + link;
	for (i = 0; i < CROWD; i++) {
		__u8 *task = c->bytes + i * CROWD_STEP;
		__u64 own = first + i * CROWD_STEP;

#define SET(field, value)                                                                                              \
	(*(typeof(((struct rpc_task *)0)->field) *)(task + bpf_core_field_offset(struct rpc_task, field)) =            \
	     (typeof(((struct rpc_task *)0)->field))(value))
		SET(tk_task.next, i == CROWD - 1 ? head : own + CROWD_STEP);
		SET(tk_task.prev, i ? own - CROWD_STEP : head);
		SET(tk_client, TO(CLNT));
		SET(tk_runstate, RPC_TASK_ACTIVE);
		SET(tk_start, i + 1);
	}
	PUT(CLNT, struct rpc_clnt, cl_tasks.next, first);
	return 0;
}
