/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The fields of kernel types that the programs read, and no others: CO-RE finds each by name in the BTF of the
 * running kernel, so order and padding here mean nothing.
 */
#ifndef KERNEL_H
#define KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
};

struct page {
	unsigned long compound_head;
	unsigned long memcg_data;
};

/* Which of them are there, and their order, is up to the configuration of a kernel. */
enum cgroup_subsys_id {
	cpu_cgrp_id,
	memory_cgrp_id,
	pids_cgrp_id,
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	void *d_fsdata;
	union {
		struct hlist_node d_alias;
	} d_u;
};

struct super_block {
	struct list_head s_list;
	struct list_head s_mounts;
	__u32 s_dev;
	unsigned long s_magic;
	struct dentry *s_root;
	void *s_fs_info;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_instance;
	struct mnt_namespace *mnt_ns;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
};

struct fs_struct {
	struct path root;
};

struct file {
	unsigned int f_mode;
	struct path f_path;
	void *private_data;
};

struct kiocb {
	struct file *ki_filp;
};

enum iter_type {
	ITER_PIPE,
};

struct iov_iter {
	__u8 iter_type;
};

struct vm_area_struct {
	struct file *vm_file;
};

enum fault_flag {
	FAULT_FLAG_TRIED = 1 << 5,
};

struct vm_fault {
	struct vm_area_struct *vma;
	enum fault_flag flags;
};

struct mm_struct {
	unsigned long env_start;
	unsigned long env_end;
};

struct task_struct {
	unsigned int flags;
	unsigned short migration_disabled;
	__u64 start_boottime;
	char comm[16];
	struct mm_struct *mm;
	struct task_struct *group_leader;
	struct css_set *cgroups;
	struct fs_struct *fs;
};

struct pt_regs___x86 {
	unsigned long di;
	unsigned long ax;
};

struct pt_regs___arm64 {
	unsigned long regs[31];
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t fsuid;
};

struct rpc_cred {
	const struct cred *cr_cred;
};

struct __kernel_sockaddr_storage {
	__u16 ss_family;
};

struct rpc_xprt {
	struct __kernel_sockaddr_storage addr;
	int prot;
	const char *servername;
};

struct rpc_procinfo {
	__u32 p_statidx;
	const char *p_name;
};

struct rpc_clnt {
	unsigned int cl_clid;
	struct list_head cl_tasks;
	struct rpc_xprt *cl_xprt;
	__u32 cl_prog;
	__u32 cl_vers;
	struct rpc_clnt *cl_parent;
};

struct rpc_message {
	const struct rpc_procinfo *rpc_proc;
	void *rpc_argp;
};

struct rpc_rqst {
	struct rpc_cred *rq_cred;
	__u32 rq_xid;
	unsigned long rq_xmit_bytes_sent;
	unsigned long rq_reply_bytes_recvd;
	__s64 rq_rtt;
	__s64 rq_xtime;
	int rq_ntrans;
};

struct rpc_task {
	int tk_status;
	struct list_head tk_task;
	unsigned long tk_runstate;
	struct rpc_message tk_msg;
	void *tk_calldata;
	struct rpc_clnt *tk_client;
	struct rpc_rqst *tk_rqstp;
	__s64 tk_start;
	int tk_owner;
	unsigned short tk_timeouts;
};

struct nfs_direct_req;
struct pnfs_layout_segment;

struct address_space {
	struct inode *host;
};

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
	struct hlist_head i_dentry;
	struct address_space i_data;
};

struct nfs_fh;

/* Before the arguments of an operation, except of most in version 3. */
struct nfs4_sequence_args {
	void *sa_slot;
};

struct nfs_page_array {
	struct page **pagevec;
};

struct nfs_open_context {
	struct dentry *dentry;
	const struct cred *cred;
};

struct nfs_pgio_args {
	struct nfs_open_context *context;
	struct nfs_fh *fh;
	__u64 offset;
	__u32 count;
};

struct nfs_pgio_header {
	struct inode *inode;
	unsigned int rw_mode;
	struct pnfs_layout_segment *lseg;
	struct nfs_direct_req *dreq;
	struct rpc_task task;
	struct nfs_pgio_args args;
	struct nfs_page_array page_array;
};

struct nfs_commit_data {
	struct rpc_task task;
	struct inode *inode;
	struct list_head pages;
	struct nfs_direct_req *dreq;
	struct nfs_open_context *context;
};

/* The kernel's nfs_client; that of nfs_event.h is a record of ours. */
struct nfs_client___kernel {
	struct list_head cl_superblocks;
	struct rpc_clnt *cl_rpcclient;
};

struct nfs_server {
	struct nfs_client___kernel *nfs_client;
	struct list_head client_link;
	struct rpc_clnt *client;
	struct rpc_clnt *client_acl;
};

#pragma clang attribute pop

/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000
/* include/uapi/linux/magic.h */
#define NFS_SUPER_MAGIC 0x6969
/* include/linux/sunrpc/sched.h */
#define RPC_TASK_ACTIVE (1 << 2)
/* include/linux/fs.h */
#define FMODE_READ 0x1
#define FMODE_WRITE 0x2

#endif
