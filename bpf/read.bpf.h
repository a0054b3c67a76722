/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Reading kernel objects as blocks, and counting. */
#ifndef READ_BPF_H
#define READ_BPF_H

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

#endif
