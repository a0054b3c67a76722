# The scenario two-pods with an agent that may do no more than it needs, on a kernel that is as strict as Debian makes it.
echo 3 > /proc/sys/kernel/perf_event_paranoid
cat /proc/sys/kernel/perf_event_paranoid > /lab/out/paranoid
through='setpriv --bounding-set=-all,+bpf,+perfmon --inh-caps=-all --no-new-privs'
. /lab/scenarios/two-pods/guest.sh
