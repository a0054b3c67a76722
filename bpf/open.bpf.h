/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Who opened a file of an NFS mount for writing. The hook is where every open(2) of whatever kind ends: in vmlinux, so
 * two capabilities are enough, and behind the point where NFS has given the file its context, v3 and v4 alike.
 * One program, three ways in; user space attaches the first that the kernel takes (docs/adr/0007-opener.md).
 */
#ifndef OPEN_BPF_H
#define OPEN_BPF_H

#include "identity.bpf.h"

/* IS_ERR(), include/linux/err.h */
#define FAILED(pointer) ((__u64)(pointer) >= (__u64)-4095)

static __noinline int note_opener(struct file *file)
{
	__u64 context = (__u64)BPF_CORE_READ(file, private_data);
	struct nfs_open_context *opened = (void *)context;
	struct task_struct *current = (void *)bpf_get_current_task();
	struct opener opener = {};

	/* A kernel thread opens on somebody's behalf. An entry would be of an earlier life. */
	if (BPF_CORE_READ(current, flags) & PF_KTHREAD) {
		bpf_map_delete_elem(&openers, &context);
		return 0;
	}
	opener.cgroup = cgroup_of_current();
	opener.dentry = (__u64)BPF_CORE_READ(opened, dentry);
	opener.cred = (__u64)BPF_CORE_READ(opened, cred);
	bpf_map_update_elem(&openers, &context, &opener, BPF_ANY);
	identify_cgroup(cgroup_of_task(current), opener.cgroup);
	return 0;
}

/* Typed, so each step is a load and no call: every open of the node comes by here. */
#define OPENED(file)                                                                                                   \
	(FAILED(file) || !((file)->f_mode & FMODE_WRITE) || (file)->f_path.mnt->mnt_sb->s_magic != NFS_SUPER_MAGIC     \
	     ? 0                                                                                                       \
	     : note_opener(file))

SEC("fexit/do_filp_open")
int open_fexit(__u64 *ctx)
{
	struct file *file = (void *)ctx[3];

	return OPENED(file);
}

/* Its name in 7.3. */
SEC("fexit/do_file_open")
int open_file_fexit(__u64 *ctx)
{
	struct file *file = (void *)ctx[3];

	return OPENED(file);
}

/* By a call, as argument() in hooks.bpf.h. */
static __always_inline void *returned(void *ctx)
{
	struct pt_regs___x86 *x86 = ctx;
	struct pt_regs___arm64 *arm64 = ctx;

	if (bpf_core_field_exists(x86->ax))
		return (void *)BPF_CORE_READ(x86, ax);
	return (void *)BPF_CORE_READ(arm64, regs[0]);
}

static __always_inline int opened(struct file *file)
{
	if (FAILED(file) || !(BPF_CORE_READ(file, f_mode) & FMODE_WRITE) ||
	    BPF_CORE_READ(file, f_path.mnt, mnt_sb, s_magic) != NFS_SUPER_MAGIC)
		return 0;
	return note_opener(file);
}

/* Where there are no trampolines, or they lose runs: dearer, since what was returned has no type. */
SEC("kretprobe.multi/do_filp_open")
int open_kretprobe_multi(__u64 *ctx)
{
	return opened(returned(ctx));
}

SEC("kretprobe.multi/do_file_open")
int open_file_kretprobe_multi(__u64 *ctx)
{
	return opened(returned(ctx));
}

SEC("kretprobe/do_file_open")
int open_file_kretprobe(__u64 *ctx)
{
	return opened(returned(ctx));
}

SEC("kretprobe/do_filp_open")
int open_kretprobe(__u64 *ctx)
{
	return opened(returned(ctx));
}

#endif
