# The scenario writeback on a kernel with cgroup_disable=memory.
. /lab/scenarios/writeback/guest.sh
