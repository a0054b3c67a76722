/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who pays for a write that somebody else flushes. */
#ifndef CHARGE_BPF_H
#define CHARGE_BPF_H

#include "identity.bpf.h"

/* Whoever wrote did it through a file that was opened by somebody: exact for a page that others have read before. */
static __noinline __u64 cgroup_of_open(struct nfs_open_context *context)
{
	__u64 key = (__u64)context;
	struct opener *opener = bpf_map_lookup_elem(&openers, &key);

	if (!opener || opener->dentry != (__u64)BPF_CORE_READ(context, dentry) ||
	    opener->cred != (__u64)BPF_CORE_READ(context, cred))
		return 0;
	return opener->cgroup;
}

static __always_inline __u64 cgroup_of_page(struct page *page)
{
	struct mem_cgroup *memcg;
	struct kernfs_node *kn;
	__u64 id;

	/* Where owners are of another controller's hierarchy, the number of a memory cgroup is somebody else's. */
	if (hierarchy > NFS_HIERARCHY_MEMORY)
		return 0;
	memcg = page ? page_memcg(page) : 0;
	if (!memcg)
		return 0;
	kn = BPF_CORE_READ(memcg, css.cgroup, kn);
	id = BPF_CORE_READ(kn, id);
	if (id)
		identify_cgroup(kn, id);
	return id;
}

/* Kept apart so that the verifier walks it once. */
static __noinline __u64 cgroup_of_write(struct nfs_pgio_header *header)
{
	struct page **pages = BPF_CORE_READ(header, page_array.pagevec);
	struct page *page = 0;

	bpf_probe_read_kernel(&page, sizeof(page), pages);
	return cgroup_of_page(page);
}

static __noinline __u64 cgroup_of_commit(struct nfs_commit_data *commit)
{
	/*
	 * The list links nfs_page by its first member; the page (the folio since 6.6) is the word behind it, at 16,
	 * in every kernel from 5.10 to 7.3. nfs_page itself is in no vmlinux BTF.
	 */
	void *request = BPF_CORE_READ(commit, pages.next);
	struct page *page = 0;

	if (request == (void *)commit + bpf_core_field_offset(struct nfs_commit_data, pages))
		return 0;
	bpf_probe_read_kernel(&page, sizeof(page), request + 16);
	return cgroup_of_page(page);
}

/* What kind of row an operation is of. */
static __always_inline __u8 kind_of_row(__u8 kind, int direct)
{
	if (!direct || kind == NFS_KIND_COMMIT)
		return kind;
	return kind == NFS_KIND_READ ? NFS_KIND_DIRECT_READ : NFS_KIND_DIRECT_WRITE;
}

/* Who pays for an operation that began at start and was sent by a process, and by which rule: now, or when it ends. */
static __always_inline __u64 payer(__u64 start, __u32 tgid, __u32 kind, int direct, void *data,
				   struct nfs_open_context *context, __u8 *charge)
{
	struct owner *owner = bpf_map_lookup_elem(&owners, &tgid);
	__u64 paid = owner ? (start >= owner->since ? owner->cgroup : owner->previous) : 0;

	if (paid)
		*charge = owner && owner->kthread ? NFS_CHARGE_SYSTEM : NFS_CHARGE_SUBMITTER;
	/* What goes past the page cache is sent by its writer, except that a kernel thread commits and repeats it. */
	if ((kind == NFS_KIND_WRITE || kind == NFS_KIND_COMMIT) && (!direct || *charge != NFS_CHARGE_SUBMITTER)) {
		/* Whoever flushes, the write belongs to whoever wrote. */
		__u64 writer = cgroup_of_open(context);
		__u8 rule = NFS_CHARGE_OPENER;

		if (!writer) {
			writer = kind == NFS_KIND_WRITE ? cgroup_of_write(data) : cgroup_of_commit(data);
			rule = NFS_CHARGE_PAGE;
		}
		if (writer) {
			paid = writer;
			*charge = rule;
		} else if (*charge == NFS_CHARGE_SYSTEM) {
			/* A flusher thread writes on somebody's behalf: nobody can tell whose. */
			paid = 0;
			*charge = NFS_CHARGE_UNKNOWN;
		}
	}
	return paid;
}

#endif
