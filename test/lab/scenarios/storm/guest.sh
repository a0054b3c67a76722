# Six fio jobs at queue depth 8 and metadata storms, first alone, then beside a process that does nothing but map lookups.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
uname -r > $out/release
cat /sys/kernel/debug/sched/preempt > $out/preempt 2> /dev/null || true

say 'NFS server and two mounts'
nfs_server
# Without ACLs every RPC is of a program that is counted, so that a run that is missed is an operation that is missing.
nfs_mount 3 /data3 noacl
nfs_mount 4.2 /data4
orders=$(pod_cgroup $orders_uid "$orders_container")
etl=$(pod_cgroup $etl_uid "$etl_container")
set_pods "$orders_pod" "$etl_pod"
api_server
prometheus_server
watched_agent /lab/scenarios/two-pods/nfscope.yaml
say 'waiting until nothing moves'
stand_still before

# operations: of all mounts so far.
operations() { per_operation | awk '{ sum += $2 } END { print sum }'; }

# storm CGROUP FOLDER SECONDS
storm() {
  in_cgroup "$1" fio --name=storm --directory="$2" --numjobs=3 --size=4m --bs=4k --rw=randrw --ioengine=libaio --iodepth=8 --direct=1 \
    --time_based --runtime="$3" --group_reporting --output="$out/fio.${2#/}.$phase" --output-format=terse &
  storms="$storms $!"
  in_cgroup "$1" bash -c "end=\$((SECONDS + $3)); while [ \$SECONDS -lt \$end ]; do mkdir $2/m.\$BASHPID.\$((++i)) && workload metadata $2/m.\$BASHPID.\$i 20; done" > /dev/null &
  storms="$storms $!"
}

# weather PHASE OPERATIONS: storms until as many operations were done.
weather() {
  phase=$1
  local goal=$(($(operations) + $2))
  while [ "$(operations)" -lt "$goal" ]; do
    storms=''
    storm "$orders" /data3 15
    storm "$etl" /data4 15
    # shellcheck disable=SC2086
    wait $storms
    say "$phase: $(operations) of $goal operations"
  done
}

weather calm "${STORM_OPERATIONS:-50000}"
say 'waiting until nothing moves'
stand_still calm

# A map of somebody else's, read without a pause: while bpf(2) is in a map, kprobe programs on that CPU are skipped.
bpftool map create /sys/fs/bpf/hammered type hash key 4 value 8 entries 4096 name hammered
for i in {0..255}; do echo "map update pinned /sys/fs/bpf/hammered key $i 0 0 0 value 0 0 0 0 0 0 0 0"; done > /run/fill
bpftool batch file /run/fill > /dev/null
yes 'map dump pinned /sys/fs/bpf/hammered' | head -n 100000 > /run/hammer
bpftool batch file /run/hammer > /dev/null &
hammer=$!
weather hammered "${STORM_OPERATIONS:-50000}"
kill -0 $hammer && echo yes > $out/hammered
kill $hammer
say 'waiting until nothing moves'
stand_still hammered
stop_agent
