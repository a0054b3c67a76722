# The agent is killed under load, and started again under load. mountstats is kept right before and after it attaches.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
config=/lab/scenarios/two-pods/nfscope.yaml

two_pods
set_pods "$orders_pod" "$etl_pod"
watched_agent $config

# load POD FOLDER: works until told to stop.
load() {
  local round=0
  until [ -e /run/enough ]; do
    round=$((round + 1))
    workload write "$2/$1-load-v${2: -1}" 200001 65536 fsync
    workload direct-read "$2/$1-load-v${2: -1}" 65536
    mkdir "$2/$1-load-v${2: -1}.$round"
    workload metadata "$2/$1-load-v${2: -1}.$round" 1
  done > /dev/null
}
say 'both pods work without a pause'
for folder in /data3 /data4; do
  in_cgroup "$orders" bash -c "$(declare -f load); load orders $folder" &
  loads="$loads $!"
  in_cgroup "$etl" bash -c "$(declare -f load); load etl $folder" &
  loads="$loads $!"
done
writes() { query 'sum(nfs_io_size_bytes_count)' | sed 's/.*"value":\[[0-9.]*,"\([0-9]*\).*/\1/'; }
enough_writes() { [ "$(writes)" -gt 40 ] 2> /dev/null; }
wait_until 120 'the agent counts the load' enough_writes

query '{job="nfscope"}' > $out/killed.json
say 'the agent is killed'
kill -9 "$agent"
wait "$agent" || true
bpftool -j prog show | grep -o rpc_task_end | wc -l > $out/programs.after-kill

cat /proc/self/mountstats > $out/starting.mountstats
say 'the agent starts again, under the same load'
start_agent $config
cat /proc/self/mountstats > $out/started.mountstats
wait_until 120 'the agent counts the load again' eval 'agent_page /run/page && [ "$(grep -c "^nfs_io_size_bytes_count" /run/page)" -ge 8 ]'
sleep 5
touch /run/enough
# shellcheck disable=SC2086
wait $loads

say 'waiting until nothing moves'
stand_still after
for name in nfs_io_duration_seconds_count nfs_io_duration_seconds_bucket nfs_io_size_bytes_sum nfs_io_wire_bytes_total; do
  query "max(resets($name[1h]))" > $out/$name.resets.json
done
stop_agent
