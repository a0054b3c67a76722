/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the kernel side hands to user space: the one place where these layouts are written. Everything else
 * (packages/model/src/layout.gen.ts) is generated from the BTF of the built object.
 * Fixed-width fields, widest first, no pointers, no implicit padding: a test fails on any gap.
 * Times are CLOCK_MONOTONIC nanoseconds, sizes are bytes.
 */
#ifndef NFS_EVENT_H
#define NFS_EVENT_H

/* One more than the most bounds a histogram may have. */
#define NFS_BUCKETS 20
/* VFS file names end at 255 (NAME_MAX); a container path has 4 to 8 levels of 10 to 90 bytes. */
#define NFS_CGROUP_PATH 1024
/* rpc_clnt -> cl_parent chains are 1 long for a mount, 2 after a referral. */
#define NFS_PARENTS 3
/* TASK_COMM_LEN of include/linux/sched.h. */
#define NFS_COMM 16
/* Environment variables that may name a job: SLURM_JOB_ID and RAY_JOB_ID are at most 20 and 8 bytes long. */
#define NFS_JOB_VARIABLES 4
#define NFS_JOB_VALUE 64
/* Of a file below its mount; a longer one loses the folders next to the root. */
#define NFS_FILE_PATH 512
/* A kubelet's volume is 120 bytes below the root. */
#define NFS_MOUNT_SOURCE 256
#define NFS_MOUNT_NAMES 1024

/* The operations whose payload is data. */
enum nfs_kind {
	NFS_KIND_OTHER = 0,
	NFS_KIND_READ = 1,
	NFS_KIND_WRITE = 2,
	NFS_KIND_COMMIT = 3,
	/* Past the page cache (O_DIRECT). */
	NFS_KIND_DIRECT_READ = 4,
	NFS_KIND_DIRECT_WRITE = 5,
	/* Of rows only: no operation, but what applications asked of the file system. */
	NFS_KIND_VFS = 6,
};

/* Calls of applications, as the page cache sees them. */
enum nfs_vfs {
	NFS_VFS_READ = 0,
	NFS_VFS_WRITE = 1,
	NFS_VFS_SPLICE = 2,	 /* splice(2) and sendfile(2) out of a file */
	NFS_VFS_FAULT = 3,	 /* a mapped page that was not there */
	NFS_VFS_WRITE_FAULT = 4, /* a mapped page that is to be written for the first time since it was flushed */
};

/* The rule that decided which cgroup pays. */
enum nfs_charge {
	NFS_CHARGE_UNKNOWN = 0,	  /* the operation began before the program was attached */
	NFS_CHARGE_SUBMITTER = 1, /* the cgroup of the task that sent it */
	NFS_CHARGE_PAGE = 2,	  /* the memory cgroup of the first page */
	NFS_CHARGE_SYSTEM = 3,	  /* a kernel thread, on nobody's behalf */
	NFS_CHARGE_OTHER = 4,	  /* no row was left: sums stay exact, the owner is lost */
	NFS_CHARGE_OPENER = 5,	  /* the cgroup that opened the file */
};

/* The hierarchy whose cgroups are the owners. */
enum nfs_hierarchy {
	NFS_HIERARCHY_V2 = 0,
	NFS_HIERARCHY_MEMORY = 1, /* that of cgroup v1 which has this controller */
	NFS_HIERARCHY_PIDS = 2,
	NFS_HIERARCHY_CPU = 3,
};

/* Which single operations go through the ring. */
enum nfs_events_mode {
	NFS_EVENTS_OFF = 0,
	NFS_EVENTS_SLOW = 1, /* failed, or slower than slow_threshold */
	NFS_EVENTS_ALL = 2,
};

/* What a walk looks for. */
enum nfs_walk {
	NFS_WALK_SUPERBLOCKS = 0,
	NFS_WALK_MOUNTS = 1, /* of those */
	NFS_WALK_TASKS = 2,  /* in flight */
};

/* What is counted together. */
struct nfs_totals_key {
	__u64 cgroup;	 /* kernfs node id; 0 for NFS_CHARGE_UNKNOWN and NFS_CHARGE_OTHER */
	__u64 procedure; /* address of the rpc_procinfo: an identity, never followed by user space; enum nfs_vfs */
	__u32 client;	 /* epoch << 16 | cl_clid, so that a recycled clid is another client */
	__u16 error;	 /* 0, errno or NFS4ERR_* number */
	__u8 charge;	 /* enum nfs_charge */
	__u8 kind;	 /* enum nfs_kind */
};

/* A row of totals. Only ever grows; count is written last, so a row whose count stands still is complete. */
struct nfs_totals {
	struct nfs_totals_key key;
	__u32 program; /* ONC RPC program, 100003 is NFS */
	__u16 version;
	__u16 index; /* p_statidx; for NFSv4 the NFSPROC4_CLNT_* number, which moves between kernels; enum nfs_vfs */
	char operation[24];
	__u64 bytes;	 /* payload that READ and WRITE returned, or a call of NFS_KIND_VFS */
	__u64 requested; /* payload they asked for */
	__u64 sent;
	__u64 received;
	__u64 retransmits;
	__u64 timeouts;
	__u64 duration_sum;
	__u64 rtt_sum;
	__u64 queue_sum;
	__u64 duration[NFS_BUCKETS];
	__u64 rtt[NFS_BUCKETS]; /* READ, WRITE and COMMIT only, as queue and size */
	__u64 queue[NFS_BUCKETS];
	__u64 size[NFS_BUCKETS]; /* successful READ and WRITE only */
	__u64 count;
};

/* One operation. Detail that never counts: its row of totals has it already. */
struct nfs_event {
	__u64 time; /* its end */
	__u64 duration;
	__u64 rtt;
	__u64 queue;
	__u64 file; /* fileid of what it is about, a folder where it names an entry of one; 0 when nobody can tell */
	__u64 offset;
	__u32 row; /* of totals; source, operation and error are there */
	__s32 status;
	__u32 bytes;
	__u32 requested;
	__u32 sent;
	__u32 received;
	__u32 owner; /* tgid that submitted it */
	__u32 uid;   /* that the server is told */
	__u32 xid;
	__u16 transmissions;
	__u16 timeouts;
};

/* First field of every record of the identity ring. */
enum nfs_identity {
	NFS_IDENTITY_CGROUP = 1,
	NFS_IDENTITY_CLIENT = 2,
	NFS_IDENTITY_PROCESS = 3,
	NFS_IDENTITY_EXIT = 4,
	NFS_IDENTITY_FILE = 5,
};

/* What became of the search for job variables. */
enum nfs_environment {
	NFS_ENVIRONMENT_UNREAD = 0, /* nobody asked, or its memory was not there, or it is longer than the search */
	NFS_ENVIRONMENT_READ = 1,
};

struct nfs_cgroup {
	__u32 identity; /* NFS_IDENTITY_CGROUP */
	__u32 length;	/* of path, in bytes */
	__u64 id;
	__u32 levels;
	__u32 truncated;	    /* 1 when levels are missing at the root's end */
	char path[NFS_CGROUP_PATH]; /* names, leaf first, each ended by a NUL; the record ends with them */
};

struct nfs_client {
	__u32 identity; /* NFS_IDENTITY_CLIENT */
	__u32 client;	/* as in nfs_totals_key */
	__u32 program;
	__u32 version;
	__u32 protocol;		    /* IPPROTO_TCP, IPPROTO_UDP, XPRT_TRANSPORT_RDMA */
	__u32 parents[NFS_PARENTS]; /* nearest first; 0 ends the list */
	__u8 address[32];	    /* struct sockaddr_storage, as much as an IPv6 address needs */
	char server[64];	    /* the host as mount(8) was given it */
};

/* Who submits: sent with the first operation of a process, and with the first after it has executed another program. */
struct nfs_process {
	__u32 identity; /* NFS_IDENTITY_PROCESS */
	__u32 tgid;
	__u64 start; /* of its first thread, since boot: tells two processes of one tgid apart */
	__u64 since; /* tk_start of the operation; an earlier one of this tgid was somebody else's */
	__u64 cgroup;
	__u32 uid;
	__u32 environment;			     /* enum nfs_environment */
	char comm[NFS_COMM];			     /* of its first thread */
	char job[NFS_JOB_VARIABLES * NFS_JOB_VALUE]; /* a value each, ended by a NUL; not sent when there are none */
};

/* A process that was sent is gone. */
struct nfs_exit {
	__u32 identity; /* NFS_IDENTITY_EXIT */
	__u32 tgid;
};

/* Sent when an operation on it was slow or failed. */
struct nfs_file {
	__u32 identity;		  /* NFS_IDENTITY_FILE */
	__u32 client;		  /* as in nfs_totals_key */
	__u64 file;		  /* fileid */
	__u32 length;		  /* of path, in bytes */
	__u32 truncated;	  /* 1 when folders are missing at the root's end */
	char path[NFS_FILE_PATH]; /* names, leaf first, each ended by a NUL; none for the root of the mount */
};

/* An operation in flight, as a walk found it. One row a task, in no order. */
struct nfs_task {
	__u64 cgroup; /* who would pay if it ended now, as in nfs_totals_key */
	__u64 start;  /* of this attempt */
	__u64 file;   /* fileid, 0 when the operation is not READ, WRITE or COMMIT */
	__u64 offset;
	__u32 client; /* as in nfs_totals_key */
	__u32 program;
	__u32 owner; /* tgid that submitted it */
	__u32 bytes; /* payload that a READ or a WRITE asks for */
	__u16 version;
	__u16 transmissions;
	__u16 timeouts;
	__u8 charge; /* enum nfs_charge */
	__u8 kind;   /* enum nfs_kind */
	char operation[24];
};

/* A mount of an NFS superblock: where one mount namespace has it. */
struct nfs_mount {
	__u64 device;	 /* as in nfs_superblock */
	__u32 namespace; /* number of the mount namespace: the inode of /proc/<pid>/ns/mnt */
	__u32 root;	 /* how many of the names lead from the root of the mount to source, leaf first */
	__u32 point;	 /* how many, after those, lead from its mount point to the root of its namespace, leaf first */
	__u32 length;	 /* of names, in bytes */
	__u32 truncated; /* 1 when names are missing */
	__u32 id;	 /* mnt_id, first column of mountinfo */
	char source[NFS_MOUNT_SOURCE]; /* server:/path, as it was given to mount(8) */
	char names[NFS_MOUNT_NAMES];   /* each ended by a NUL */
};

struct nfs_superblock {
	__u64 device; /* s_dev: major << 20 | minor; mountinfo prints major:minor */
	struct nfs_client client;
};

/* Who reads what is pinned, and since when its totals count. Written by user space only. */
struct nfs_tenure {
	__u64 holder;	/* drawn at random by each agent; the last one to write it is in charge */
	__u64 start_ms; /* of the totals, since the Unix epoch; 0 until they may count */
};

/* All but torn are metrics, each with a test that makes it rise; a torn walk is repeated and loses nothing. */
struct nfs_loss {
	__u64 events;	  /* no room in the event ring */
	__u64 identities; /* no room in the identity ring */
	__u64 rows;	  /* operations counted under NFS_CHARGE_OTHER because totals was full */
	__u64 torn;	  /* walks that met a list being changed, and stopped early */
	__u64 tasks;	  /* operations in flight that a walk had no row for */
};

_Static_assert(sizeof(struct nfs_totals_key) == 24, "key");
_Static_assert(sizeof(struct nfs_totals) == 24 + 32 + 10 * 8 + 4 * NFS_BUCKETS * 8, "totals");
_Static_assert(sizeof(struct nfs_event) == 88, "event");
_Static_assert(sizeof(struct nfs_cgroup) == 24 + NFS_CGROUP_PATH, "cgroup");
_Static_assert(sizeof(struct nfs_client) == 128, "client");
_Static_assert(sizeof(struct nfs_process) == 56 + NFS_JOB_VARIABLES * NFS_JOB_VALUE, "process");
_Static_assert(sizeof(struct nfs_exit) == 8, "exit");
_Static_assert(sizeof(struct nfs_file) == 24 + NFS_FILE_PATH, "file");
_Static_assert(sizeof(struct nfs_superblock) == 136, "superblock");
_Static_assert(sizeof(struct nfs_task) == 80, "task");
_Static_assert(sizeof(struct nfs_mount) == 32 + NFS_MOUNT_SOURCE + NFS_MOUNT_NAMES, "mount");

#endif
