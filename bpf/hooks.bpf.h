/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Where the kernel calls us. Each hook has several ways in, of which user space attaches the first that works and loses
 * nothing (docs/adr/0004-ways-in.md):
 *
 *   raw tracepoint   needs CAP_BPF and CAP_PERFMON only. Loses nothing as long as the kernel calls tracepoints with
 *                    preemption off, which a46023d5616e ("tracing: Guard __DECLARE_TRACE() use of __DO_TRACE_CALL()
 *                    with SRCU-fast") ended in 7.0: see callback_probe.
 *   kprobe.multi     the same rights; needs CONFIG_FPROBE. Skips a run when a map system call was preempted on its CPU.
 *   kprobe           CAP_SYS_ADMIN or kernel.perf_event_paranoid below 3; skips runs likewise.
 *
 * rpc_execute and rpc_exit_task are called where the tracepoints are: once a task, in the submitter, and once an
 * attempt.
 *
 * A program named _stage is what a pinned link runs: it jumps to the program of the agent that is in charge, and
 * another one takes over by one store, so that no operation is counted by none or by two
 * (docs/adr/0005-persistence.md).
 */
#ifndef HOOKS_BPF_H
#define HOOKS_BPF_H

enum stage { STAGE_BEGIN, STAGE_END, STAGE_FREE };

/*
 * First argument of a probed function: a register of the architecture this kernel is of. By a call: of two direct loads
 * the compiler makes one at an address it computes, which the verifier does not take of a ctx before 7.x.
 */
static __always_inline void *argument(void *ctx)
{
	struct pt_regs___x86 *x86 = ctx;
	struct pt_regs___arm64 *arm64 = ctx;

	if (bpf_core_field_exists(x86->di))
		return (void *)BPF_CORE_READ(x86, di);
	return (void *)BPF_CORE_READ(arm64, regs[0]);
}

#define WAY(section, name, body, first)                                                                                \
	SEC(section) int name(__u64 *ctx)                                                                              \
	{                                                                                                              \
		return body((void *)(first));                                                                          \
	}
#define STAGED(section, name, body, first, map, index)                                                                 \
	WAY(section, name, body, first)                                                                                \
	SEC(section) int name##_stage(__u64 *ctx)                                                                      \
	{                                                                                                              \
		bpf_tail_call(ctx, &map, index);                                                                       \
		return 0;                                                                                              \
	}

STAGED("raw_tp/rpc_task_begin", rpc_task_begin, begin, ctx[0], stages, STAGE_BEGIN)
STAGED("kprobe.multi/rpc_execute", rpc_execute, begin, argument(ctx), multi_stages, STAGE_BEGIN)
WAY("kprobe/rpc_execute", rpc_execute_kprobe, begin, argument(ctx))

STAGED("raw_tp/rpc_task_end", rpc_task_end, end, ctx[0], stages, STAGE_END)
STAGED("kprobe.multi/rpc_exit_task", rpc_exit_task, end, argument(ctx), multi_stages, STAGE_END)
WAY("kprobe/rpc_exit_task", rpc_exit_task_kprobe, end, argument(ctx))

STAGED("raw_tp/rpc_clnt_free", rpc_clnt_free, forget, ctx[0], stages, STAGE_FREE)

/*
 * Whether the kernel may preempt a raw tracepoint program: where it may, __bpf_trace_run() disables migration instead,
 * and a run that finds another one half done on its CPU is skipped. Attached for a moment, to a tracepoint that
 * writing to /proc/self/comm hits.
 */
SEC("raw_tp/task_rename")
int callback_probe(__u64 *ctx)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct callbacks *seen;
	__u32 only = 0;

	seen = bpf_map_lookup_elem(&callbacks, &only);
	if (!seen)
		return 0;
	if (bpf_core_field_exists(current->migration_disabled) && BPF_CORE_READ(current, migration_disabled))
		COUNT(seen->preemptible, 1);
	COUNT(seen->runs, 1);
	return 0;
}

#endif
