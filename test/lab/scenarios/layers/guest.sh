# What applications ask for beside what goes over the wire: cold and cached reads, strides, sendfile, mappings, O_DIRECT.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
config=/lab/scenarios/layers/nfscope.yaml

layers() { agent_page /run/page && grep -E '^nfs_io_(vfs|direct|size|duration_seconds_count)' /run/page | sort; }
# phase NAME COMMAND...: runs it, and keeps the page when the agent has counted all of it.
phase() {
  local name=$1 last='' now tries
  shift
  "$@"
  for tries in {1..30}; do
    # The totals are read once a second, and collected once a second.
    sleep 3
    now=$(layers)
    [ "$now" = "$last" ] && break
    last=$now
  done
  say "$name ($tries looks)"
  cp /run/page "$out/$name.page"
}
# both COMMAND...: on each mount, in the pod orders, what it moved added to out/work. @ is the folder.
both() {
  local version
  for version in 3 4; do
    in_cgroup "$orders" "${@//@//data$version}" | sed "s/^/$name v$version /" >> $out/work
  done
}
drop_caches() { echo 1 > /proc/sys/vm/drop_caches; }

two_pods
set_pods "$orders_pod" "$etl_pod"
watched_agent $config
phase start true
phase written both workload write @/file 1048576 65536 fsync
# 5.10 reads anew what it wrote itself, once.
phase first both workload re-read @/file 65536
drop_caches
phase cold both workload re-read @/file 65536
phase cached both workload re-read @/file 65536
phase stride both workload stride @/file 16384
phase direct both workload direct-read @/file 65536
phase direct-write both workload direct-write @/direct 262144 65536
phase cold-again both workload re-read @/file 65536
phase sent both workload send @/file
phase touched both workload touch @/file
# The mapping is dirtied while nothing is flushed, so that each page is made writable once.
echo 0 > /proc/sys/vm/dirty_writeback_centisecs
phase mapped both workload map @/mapped 262144
# Another pod reads what is cached already.
orders=$etl phase other both workload re-read @/file 65536
stop_agent

say 'without the application’s side'
sed 's/nfs:$/nfs: { vfs: false }/;t end;b;:end;n;b end' $config > /run/without.yaml
start_agent /run/without.yaml
phase without both workload re-read @/file 65536
kill "$agent"
wait "$agent" || true
say 'done'
