# Totals that are pinned: the agent is killed under load, started again, displaced by a second one, by a third while it stands still, and started once more.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
sed 's|^  nfs:$|  nfs: { pin_path: /sys/fs/bpf/nfscope }|; s|endpoint: .*|endpoint: ${env:ENDPOINT:-127.0.0.1:9464}|' \
  /lab/scenarios/two-pods/nfscope.yaml > /run/pinned.yaml

two_pods
set_pods "$orders_pod" "$etl_pod"
watched_agent /run/pinned.yaml
say 'waiting until nothing moves'
stand_still before

# load POD FOLDER: works until told to stop.
load() {
  local file="$2/$1-load-v${2: -1}"
  until [ -e /run/enough ]; do
    workload write "$file" 200001 65536 fsync
    workload direct-read "$file" 65536
    mkdir "$file.folder"
    workload metadata "$file.folder" 1
    rmdir "$file.folder"
  done
}
say 'both pods work without a pause'
in_cgroup "$orders" bash -c "$(declare -f load); load orders /data3" > $out/orders.work &
loads=$!
in_cgroup "$etl" bash -c "$(declare -f load); load etl /data4" > $out/etl.work &
loads="$loads $!"
done_by() { wc -l < "$out/orders.work"; }
# more_work N: until orders has done N pieces more.
more_work() {
  local goal=$(($(done_by) + $1))
  wait_until 120 "orders works" eval "[ \$(done_by) -ge $goal ]"
}
# By tracepoint or by function, as the kernel lets them be.
programs() { bpftool -j prog show | grep -oE '"name":"rpc_(task_(begin|end)|execute|exit_task)[a-z_]*"' | sort | uniq -c; }
at_the_page_cache() { bpftool -j prog show | grep -o '"name":"vfs_write"' | wc -l; }
links() { find /sys/fs/bpf/nfscope -name 'link_*' | wc -l; }

more_work 4
say 'the agent is killed'
kill -9 "$agent"
wait "$agent" || true
programs > $out/programs.killed
more_work 6
say 'it starts again'
start_agent /run/pinned.yaml
more_work 4

say 'a second one starts while it lives'
ENDPOINT=127.0.0.1:9465 "${agent_rights[@]}" nfscope run --config /run/pinned.yaml 2> $out/second.log &
second=$!
wait "$agent" || echo $? > $out/displaced.status
tail -n 1 $out/agent.log > $out/displaced.line
wait_until 120 'the second serves its page' busybox wget -q -O /dev/null http://127.0.0.1:9465/metrics
more_work 4
say 'a third one starts while the second stands still: programs of both hang on the page cache'
kill -STOP "$second"
start_agent /run/pinned.yaml
more_work 4
# Those of the first stay until the third is sure that no call is left to them.
wait_until 120 'the programs of two agents hang on the page cache' eval '[ "$(at_the_page_cache)" -le 2 ]'
at_the_page_cache > $out/programs.both
kill -CONT "$second"
wait "$second" || echo $? > $out/displaced-late.status
more_work 4
say 'the third ends, and one more starts after a while'
kill "$agent"
wait "$agent"
links > $out/links.between
more_work 4
start_agent /run/pinned.yaml
more_work 4
programs > $out/programs.last
touch /run/enough
# shellcheck disable=SC2086
wait $loads
say 'waiting until nothing moves'
stand_still after
for name in nfs_io_duration_seconds_count nfs_io_size_bytes_sum nfs_io_wire_bytes_total; do
  query "max(resets($name[1h]))" > $out/$name.resets.json
done
stop_agent
nfscope cleanup --pin-path /sys/fs/bpf/nfscope > $out/cleanup.stdout
echo $? > $out/cleanup.status
ls /sys/fs/bpf > $out/bpffs.left
programs | wc -l > $out/programs.left
