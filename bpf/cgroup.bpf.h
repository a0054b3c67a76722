/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The cgroup of a process, in the hierarchy that containers are told apart by. */
#ifndef CGROUP_BPF_H
#define CGROUP_BPF_H

/* enum nfs_hierarchy; set at load. */
const volatile __u32 hierarchy = NFS_HIERARCHY_V2;

#define CONTROLLER(name)                                                                                               \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, name) ? bpf_core_enum_value(enum cgroup_subsys_id, name)    \
								 : -1)

/* On v1 each controller may have a hierarchy of its own, and each hierarchy numbers its cgroups for itself. */
static __always_inline struct kernfs_node *cgroup_of_task(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *state = 0;
	int controller = -1;

	switch (hierarchy) {
	case NFS_HIERARCHY_V2:
		return BPF_CORE_READ(set, dfl_cgrp, kn);
	case NFS_HIERARCHY_MEMORY:
		controller = CONTROLLER(memory_cgrp_id);
		break;
	case NFS_HIERARCHY_PIDS:
		controller = CONTROLLER(pids_cgrp_id);
		break;
	case NFS_HIERARCHY_CPU:
		controller = CONTROLLER(cpu_cgrp_id);
		break;
	}
	if (controller < 0)
		return 0;
	bpf_probe_read_kernel(&state, sizeof(state), &set->subsys[controller]);
	return BPF_CORE_READ(state, cgroup, kn);
}

/* The id of its cgroup: for v2 the kernel has it at hand, for v1 it takes five reads. */
static __always_inline __u64 cgroup_of_current(void)
{
	struct task_struct *current;

	if (hierarchy == NFS_HIERARCHY_V2)
		return bpf_get_current_cgroup_id();
	current = (void *)bpf_get_current_task();
	return BPF_CORE_READ(cgroup_of_task(current), id);
}

#endif
