/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who submits: each process is told to user space by a record of its own, and so is its end. */
#ifndef PROCESS_BPF_H
#define PROCESS_BPF_H

#include "identity.bpf.h"

/* Pieces of an environment, of 127 bytes at most: a variable of usual length is one. The verifier gives up on one long
 * loop. */
#define ENVIRONMENT_PIECES 256
#define ENVIRONMENT_ROUNDS 4

/* `NAME=` in words, with a mask of its bytes: compared without a branch, which the verifier would follow both ways. */
struct job_variable {
	__u64 name[5];
	__u64 mask[5];
	__u64 length; /* of `NAME=`; 0 when there is no such variable */
};

/* Configuration, set at load. */
/* Differs between agents that follow each other on the same maps. */
const volatile __u32 generation = 1;

const volatile struct job_variable job_variables[NFS_JOB_VARIABLES];
const volatile __u32 job_variables_set;

/*
 * Looks at what stands at an address of the environment, and returns how far it is to the next piece; 0 when it cannot
 * be read. Global, so that the verifier checks it once and not for every piece.
 */
__noinline __u32 visit_piece(__u64 at)
{
	struct draft *d = new_draft();
	struct nfs_process *record;
	__u64 middle;
	long n;
	int i, word;

	if (!d)
		return 0;
	record = (void *)d->record;
	/* Of the submitter's own memory, and without a fault: what is swapped out is not read. */
	n = bpf_probe_read_user_str(d->text, sizeof(d->text), (void *)at);
	if (n <= 0)
		return 0;
	middle = d->middle;
	d->middle = n == sizeof(d->text);
	for (i = 0; i < NFS_JOB_VARIABLES && !middle; i++) {
		__u64 length = job_variables[i].length, differs = length == 0;

		for (word = 0; word < 5; word++)
			differs |= (d->text[word] ^ job_variables[i].name[word]) & job_variables[i].mask[word];
		/* The first of two with one name, as getenv(3). */
		if (!differs && !record->job[i * NFS_JOB_VALUE])
			bpf_probe_read_user_str(record->job + i * NFS_JOB_VALUE, NFS_JOB_VALUE, (void *)(at + length));
	}
	return d->middle ? n - 1 : n;
}

/* Goes on from an address; returns where it stopped: end or beyond when it is done, 0 when it cannot be read. */
__noinline __u64 visit_environment(__u64 at, __u64 end)
{
	int i;

	for (i = 0; i < ENVIRONMENT_PIECES && at < end; i++) {
		__u32 step = visit_piece(at);

		if (!step)
			return 0;
		at += step;
	}
	return at;
}

static __always_inline __u32 read_environment(struct draft *d, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 at, end;
	int i;

	/* A kernel thread has none. */
	if (!mm)
		return NFS_ENVIRONMENT_READ;
	at = BPF_CORE_READ(mm, env_start);
	end = BPF_CORE_READ(mm, env_end);
	d->middle = 0;
	for (i = 0; i < ENVIRONMENT_ROUNDS && at && at < end; i++)
		at = visit_environment(at, end);
	return at && at >= end ? NFS_ENVIRONMENT_READ : NFS_ENVIRONMENT_UNREAD;
}

/* Tells user space who the current process is. */
static __noinline int identify_process(__u32 tgid, __u64 cgroup, __u64 since)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct draft *d = new_draft();
	struct nfs_process *record;

	if (!d)
		return 0;
	record = (void *)d->record;
	record->identity = NFS_IDENTITY_PROCESS;
	record->tgid = tgid;
	record->start = BPF_CORE_READ(task, group_leader, start_boottime);
	record->since = since;
	record->cgroup = cgroup;
	record->uid = bpf_get_current_uid_gid();
	record->environment = NFS_ENVIRONMENT_UNREAD;
	BPF_CORE_READ_STR_INTO(&record->comm, task, group_leader, comm);
	if (!job_variables_set)
		return send(d, __builtin_offsetof(struct nfs_process, job));
	__builtin_memset(record->job, 0, sizeof(record->job));
	record->environment = read_environment(d, task);
	return send(d, sizeof(*record));
}

/*
 * Hears of every exec and every exit of the node, which costs the look-up of a tgid that is hardly ever there. Without
 * it a process would go by the name of an earlier one, and nobody would know which of them are still there.
 */
static __always_inline void process_changed(int ends)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32;
	struct owner *owner = bpf_map_lookup_elem(&owners, &tgid);
	struct nfs_exit record = {.identity = NFS_IDENTITY_EXIT, .tgid = tgid};

	if (!owner)
		return;
	/* Kept: what it began may still be under way. */
	owner->told = 0;
	if (ends && bpf_ringbuf_output(&identities, &record, sizeof(record), BPF_RB_NO_WAKEUP))
		LOST(identities);
}

SEC("raw_tp/sched_process_exec")
int sched_process_exec(void *ctx)
{
	process_changed(0);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int sched_process_exit(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();

	/* Its first thread stands for a process. */
	if (id >> 32 == (__u32)id)
		process_changed(1);
	return 0;
}

#endif
