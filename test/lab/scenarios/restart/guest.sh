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
in_cgroup "$orders" bash -c "$(declare -f load); load orders /data3" &
loads=$!
in_cgroup "$etl" bash -c "$(declare -f load); load etl /data4" &
loads="$loads $!"
# counts_load: whether the agent shows both pods' reads and writes on both versions.
counts_load() { agent_page /run/page && [ "$(grep -c '^nfs_io_size_bytes_count' /run/page)" -ge 4 ]; }
wait_until 120 'the agent counts the load' counts_load
# Prometheus has seen a good deal of it: it can only tell of a fall from something.
wait_until 120 'Prometheus has the load' eval 'query "sum(nfs_io_duration_seconds_count)>300" | grep -q value'

agent_page $out/killed.page
say 'the agent is killed'
kill -9 "$agent"
wait "$agent" || true
bpftool -j prog show | grep -o rpc_task_end | wc -l > $out/programs.after-kill

cat /proc/self/mountstats > $out/starting.mountstats
say 'the agent starts again, under the same load'
start_agent $config
cat /proc/self/mountstats > $out/started.mountstats
wait_until 120 'the agent counts the load again' counts_load
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
