/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Every map. Sizes marked "set at load" are the receiver's configuration; the numbers here are only its defaults. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

/* nfs, nfsacl, lockd, statd, mount, rpcbind: all that a kernel with an NFS client calls. */
#define NFS_PROGRAMS 6
/* Room for the widest block read, in every kernel from 5.10 on: rpc_task is 224 to 232 bytes. */
#define TASK_BLOCK 256
/* rq_xmit_bytes_sent to rq_ntrans: 148 bytes from 5.10 to 6.18. */
#define RQST_BLOCK 192
/* cl_clid to cl_vers: 68 bytes. */
#define CLNT_BLOCK 96
/* inode to dreq: 120 bytes; args.context to args.count: 52. */
#define HEADER_BLOCK 192

/* The stack is 512 bytes; the blocks together are more. One run at a time on a CPU, so one slot a CPU is enough. */
struct scratch {
	__u8 task[TASK_BLOCK];
	__u8 rqst[RQST_BLOCK];
	__u8 clnt[CLNT_BLOCK];
	__u8 header[HEADER_BLOCK];
};

/* Who submits: kept per process since a task's end runs in any context. */
struct owner {
	__u64 cgroup;
	__u64 previous; /* paid for what began before since */
	__u64 since;	/* tk_start of the first operation seen from this cgroup */
	__u32 kthread;
	__u32 told; /* to which agent it was told who this is; 0 once the process ended or runs another program */
};

/* A record of the identity ring while it is put together, and a piece of an environment. */
struct draft {
	__u8 record[sizeof(struct nfs_cgroup)];
	__u64 text[16];
	__u64 middle; /* text is not the beginning of a variable */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct draft);
} draft SEC(".maps");

/* tgid -> owner. LRU: an evicted process is entered again at its next operation. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct owner);
} owners SEC(".maps");

/* Who opened a file for writing. An address is given again: dentry and credentials tell its lives apart. */
struct opener {
	__u64 cgroup;
	__u64 dentry;
	__u64 cred;
};

/* nfs_open_context -> opener. LRU: without its entry a write is charged by the next rule. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct opener);
} openers SEC(".maps");

/* cgroup -> 1 once its identity record was sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

struct file_key {
	__u64 file;
	__u64 client;
};

/* File -> when its path was sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_key);
	__type(value, __u64);
} files SEC(".maps");

/* cl_clid -> CLIENT_SEEN | epoch. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} clients SEC(".maps");

/* What is counted together -> its row. Set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 12000);
	__type(key, struct nfs_totals_key);
	__type(value, __u32);
} rows SEC(".maps");

/*
 * Rows nobody uses. A queue that user space fills: 5.10 has no atomic that returns the old value, and a row whose
 * source is gone can be given back.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 12000);
	__uint(key_size, 0);
	__type(value, __u32);
} free_rows SEC(".maps");

/* Rows kept back for NFS_CHARGE_OTHER, so that a full table still tells mounts and operations apart. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1024);
	__uint(key_size, 0);
	__type(value, __u32);
} spare_rows SEC(".maps");

/* The truth. Row 0 is everybody's who found no other: it is in neither queue. Set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 12000);
	__type(key, __u32);
	__type(value, struct nfs_totals);
} totals SEC(".maps");

/* What walks found: superblocks of NFS, operations in flight. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct nfs_superblock);
} superblocks SEC(".maps");

/* 123 KiB. Whoever reads walks on from where these ended. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 96);
	__type(key, __u32);
	__type(value, struct nfs_mount);
} mounts SEC(".maps");

/* 320 KiB. A server that stands still under buffered writes holds thousands; the rest is counted as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct nfs_task);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nfs_loss);
} loss SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nfs_tenure);
} tenure SEC(".maps");

/*
 * CLOCK_MONOTONIC milliseconds when an agent in charge was last there. Not in the tenure: an agent that was stopped
 * before it writes this, and displaced meanwhile, has nothing to write that makes it the holder again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} beat SEC(".maps");

/* Identity records that a restarted agent has to know again: user space keeps them here, compressed. */
struct page_of_saved {
	__u8 bytes[4096];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct page_of_saved);
} saved SEC(".maps");

/* enum stage -> the program of the agent in charge. A map of programs takes one type and attach type only. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} multi_stages SEC(".maps");

/* enum nfs_vfs -> generation of the agent whose program counts these calls. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u32);
} counting SEC(".maps");

/* What callback_probe saw. */
struct callbacks {
	__u64 runs;
	__u64 preemptible;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct callbacks);
} callbacks SEC(".maps");

/* Single operations. Set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Room for 1000 new processes, each in a pod of its own, between two looks of user space 100 ms apart. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} identities SEC(".maps");

#endif
