/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The application's side: what was asked of the page cache of an NFS mount, by whom. Hooks in vmlinux, which two
 * capabilities are enough for; every file system of the node comes by here, so the first thing is to look whose file it
 * is, by loads alone (docs/adr/0012-application-side.md). What is opened with O_DIRECT passes the page cache by and is
 * not seen here: its operations are rows of their own kind.
 *
 * Two agents may have these attached for a moment: the map counting says whose are to count.
 */
#ifndef VFS_BPF_H
#define VFS_BPF_H

#include "totals.bpf.h"
#include "process.bpf.h"

/* Configuration, set at load. */
/* Whether generic_perform_write takes a file. */
const volatile __u32 write_takes_file;

static __noinline int count_call(struct super_block *sb, __u32 call, long result)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct nfs_server *server = BPF_CORE_READ(sb, s_fs_info);
	struct rpc_clnt *clnt = BPF_CORE_READ(server, client);
	__u32 *counter = bpf_map_lookup_elem(&counting, &call);
	struct nfs_totals_key key = {};
	struct nfs_totals *total;
	__u32 *row, *state, number;

	if (!clnt || !counter || *counter != generation)
		return 0;
	key.cgroup = cgroup_of_current();
	key.client = client_of(BPF_CORE_READ(clnt, cl_clid), &state);
	key.procedure = call;
	key.error = result < 0 ? -result : 0;
	key.charge = BPF_CORE_READ(current, flags) & PF_KTHREAD ? NFS_CHARGE_SYSTEM : NFS_CHARGE_SUBMITTER;
	key.kind = NFS_KIND_VFS;
	row = bpf_map_lookup_elem(&rows, &key);
	if (row) {
		number = *row;
	} else {
		identify_cgroup(cgroup_of_task(current), key.cgroup);
		number = new_row(&key, clnt);
	}
	total = bpf_map_lookup_elem(&totals, &number);
	/* Row 0 is of operations. */
	if (!total || !number)
		return 0;
	if (result > 0)
		COUNT(total->bytes, result);
	COUNT(total->count, 1);
	return 0;
}

/* Typed, so each step is a load and no call. */
#define CALL_OF(file, call, result)                                                                                    \
	({                                                                                                             \
		struct super_block *sb = (file)->f_path.mnt->mnt_sb;                                                   \
		if (sb->s_magic == NFS_SUPER_MAGIC)                                                                    \
			count_call(sb, call, result);                                                                  \
		0;                                                                                                     \
	})

/* Before 6.5 a splice is a read into a pipe; since then it has a function of its own. */
static __always_inline int is_splice(struct iov_iter *iter)
{
	struct iov_iter___typed *typed = (void *)iter;

	if (!bpf_core_enum_value_exists(enum iter_type, ITER_PIPE))
		return 0;
	if (bpf_core_field_exists(typed->type))
		return (typed->type & bpf_core_enum_value(enum iter_type, ITER_PIPE)) != 0;
	return iter->iter_type == bpf_core_enum_value(enum iter_type, ITER_PIPE);
}

/* What was read is returned on top of what had been read before, by O_DIRECT: the third argument. */
static __always_inline int read_call(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	long before = ctx[2], result = ctx[3];

	return CALL_OF(iocb->ki_filp, is_splice(iter) ? NFS_VFS_SPLICE : NFS_VFS_READ,
		       result > 0 ? result - before : result);
}

SEC("fexit/filemap_read")
int vfs_read(__u64 *ctx)
{
	return read_call(ctx);
}

/* Its name before 87fa0f3eb267 ("mm/filemap: rename generic_file_buffered_read to filemap_read"), 5.12. */
SEC("fexit/generic_file_buffered_read")
int vfs_buffered_read(__u64 *ctx)
{
	return read_call(ctx);
}

SEC("fexit/filemap_splice_read")
int vfs_splice(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];

	return CALL_OF(file, NFS_VFS_SPLICE, (long)ctx[5]);
}

SEC("fexit/generic_perform_write")
int vfs_write(__u64 *ctx)
{
	long result;

	if (write_takes_file) {
		struct file *file = (void *)ctx[0];

		result = ctx[3];
		/* Two loads of a ctx that end alike become one at an address that is computed, which no verifier takes.
		 */
		barrier_var(result);
		return CALL_OF(file, NFS_VFS_WRITE, result);
	} else {
		struct kiocb *iocb = (void *)ctx[0];

		result = ctx[2];
		barrier_var(result);
		return CALL_OF(iocb->ki_filp, NFS_VFS_WRITE, result);
	}
}

/* A fault that gave its locks away to wait comes again. */
SEC("fentry/filemap_fault")
int vfs_fault(__u64 *ctx)
{
	struct vm_fault *fault = (void *)ctx[0];

	return fault_flags(fault) & FAULT_FLAG_TRIED ? 0 : CALL_OF(fault->vma->vm_file, NFS_VFS_FAULT, 0);
}

SEC("fentry/do_page_mkwrite")
int vfs_write_fault(__u64 *ctx)
{
	struct vm_fault *fault = (void *)ctx[0];

	return CALL_OF(fault->vma->vm_file, NFS_VFS_WRITE_FAULT, 0);
}

#endif
