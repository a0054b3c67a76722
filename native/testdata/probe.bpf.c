/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One of everything that the addon deals in. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u64 step = 1;

struct record {
	__u64 number;
	__u32 word;
	__s32 negative;
	__u16 half;
	__u8 bytes[2];
	__u8 pad[4];
	__u64 pair[2];
};

struct row {
	__u64 value;
	__u64 version;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct row);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

/* Without BPF_F_MMAPABLE. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} plain SEC(".maps");

__u64 next;

/* ctx[0] records into the ring. */
SEC("raw_tp")
int produce(__u64 *ctx)
{
	__u64 wanted = ctx[0], i;

	for (i = 0; i < 256; i++) {
		struct record *record;

		if (i >= wanted)
			break;
		record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
		if (!record)
			return -1;
		record->number = (1ULL << 52) + next;
		record->word = 4000000000U + next;
		record->negative = -1 - (int)next;
		record->half = 60000 + next;
		record->bytes[0] = 1;
		record->bytes[1] = next;
		record->pair[0] = 7;
		record->pair[1] = next * step;
		next++;
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	return 0;
}

/* Sets row ctx[0] to ctx[1]. */
SEC("raw_tp")
int touch(__u64 *ctx)
{
	__u32 key = ctx[0];
	struct row *row = bpf_map_lookup_elem(&table, &key);

	if (row) {
		row->value = ctx[1];
		row->version++;
	}
	return 0;
}

SEC("raw_tp/sched_switch")
int on_switch(__u64 *ctx)
{
	__u32 zero = 0;
	__u64 *hit = bpf_map_lookup_elem(&hits, &zero);

	if (hit)
		__sync_fetch_and_add(hit, 1);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

/* Runs whatever program is at its place. */
SEC("raw_tp/sched_switch")
int staged(__u64 *ctx)
{
	bpf_tail_call(ctx, &stages, 0);
	return 0;
}

/* Adds 1000 a hit. */
SEC("raw_tp/sched_switch")
int successor(__u64 *ctx)
{
	__u32 zero = 0;
	__u64 *hit = bpf_map_lookup_elem(&hits, &zero);

	if (hit)
		__sync_fetch_and_add(hit, 1000);
	return 0;
}

SEC("raw_tp/no_such_tracepoint")
int nowhere(__u64 *ctx)
{
	return 0;
}

/* Follows a pointer it was not given. */
SEC("raw_tp/sched_switch")
int refused(__u64 *ctx)
{
	return *(__u64 *)ctx[0];
}
