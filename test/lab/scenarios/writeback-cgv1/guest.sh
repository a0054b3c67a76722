# The scenario writeback on a kernel with lab.cgroup=v1.
. /lab/scenarios/writeback/guest.sh
