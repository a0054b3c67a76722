# Two pods work, and a real Collector gets the metrics by OTLP/gRPC and by OTLP/HTTP; then the server stands still for a while, and
# it gets the log records. What it got is kept, beside what the kernel counted and listed and what Prometheus has.
set -e
. /lab/guest/cluster.sh
. /lab/guest/collector.sh
. /lab/guest/pods.sh
out=/lab/out

collector_server
two_pods
watched_agent /lab/scenarios/collector/nfscope.yaml
say 'waiting until nothing moves'
dated_still before
orders_works
etl_works
# What etl left dirty would otherwise wait for half a minute, and be among what is in flight below.
echo 100 > /proc/sys/vm/dirty_expire_centisecs
echo 100 > /proc/sys/vm/dirty_writeback_centisecs
say 'waiting until nothing moves'
dated_still after

# tasks: the kernel's own list: program, version and procedure of each task of NFS.
tasks() { cat /sys/kernel/debug/sunrpc/rpc_clnt/*/tasks | grep -oE ' nfs(acl)?v[0-9]+ \S+ a:' || true; }
# records WAY EVENT: how many came.
records() { cat "$out/logs.$1" | grep -o "\"eventName\":\"nfs.operation.$2\"" | wc -l; }
# all_told EVENT: whether each way has one for every operation that the kernel lists, and the kernel lists what it listed before.
all_told() {
  local before
  before=$(tasks | sort)
  # The agent looks once a second.
  sleep 2
  [ "$(records grpc "$1")" -ge "$(tasks | wc -l)" ] && [ "$(records http "$1")" -ge "$(tasks | wc -l)" ] && [ "$before" = "$(tasks | sort)" ]
}

# Open before the server stands still: an open would be what gets stuck.
for version in 3 4; do
  in_cgroup "$orders" workload held-read "/data$version/orders-v$version-direct" 65536 /run/go > /dev/null &
  workers="$workers $!"
  in_cgroup "$orders" workload held-write "/data$version/orders-v$version-direct" 65536 /run/go > /dev/null &
  workers="$workers $!"
done
in_cgroup "$etl" workload held-read /data4/etl-v4-direct 65536 /run/go > /dev/null &
workers="$workers $!"
sleep 3
say 'the server stands still'
echo 0 > /proc/fs/nfsd/threads
touch /run/go
wait_until 60 'five operations are in flight' eval '[ "$(tasks | wc -l)" -ge 5 ]'
wait_until 120 'all that are in flight are told as stuck' all_told stuck
# Told again, it would be now.
sleep 5
tasks > $out/tasks
say 'the server is back'
rpc.nfsd 4
# Refused where the server skipped its grace period, as on 5.10, which knows by then that nobody has anything to reclaim.
echo Y > /proc/fs/nfsd/v4_end_grace || true
# shellcheck disable=SC2086
wait $workers
told=$(records grpc stuck)
for way in grpc http; do wait_until 60 "all of them are told as resolved by $way" eval "[ \$(records $way resolved) -ge $told ]"; done
sleep 5
stop_agent
stop_collector
say 'done'
