# Two pods work on a v3 and a v4.2 mount. What they moved, what the kernel counted and what Prometheus has is kept.
set -e
. /lab/guest/cluster.sh
out=/lab/out

orders_uid=3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d
orders_container=$(printf '01234567%.0s' {1..8})
etl_uid=a0b1c2d3-e4f5-4607-8899-aabbccddeeff
etl_container=$(printf '89abcdef%.0s' {1..8})
echo "$orders_container" > $out/orders.container
echo "$etl_container" > $out/etl.container

say 'NFS server and two mounts'
nfs_server
nfs_mount 3 /data3
nfs_mount 4.2 /data4
orders=$(pod_cgroup $orders_uid "$orders_container")
etl=$(pod_cgroup $etl_uid "$etl_container")

say 'API server, Prometheus and the agent'
set_pods "$(pod_object shop orders $orders_uid "$orders_container")"
api_server
prometheus_server
start_agent /lab/scenario/nfscope.yaml
wait_until 60 'Prometheus scrapes the agent' eval 'query "up==1" | grep -q nfscope'
say 'waiting until nothing moves'
stand_still before

tracing=/sys/kernel/tracing
trap 'cat $tracing/trace > $out/trace' EXIT
echo 8192 > $tracing/buffer_size_kb
echo 1 > $tracing/events/nfs/nfs_initiate_write/enable

# work POD FOLDER: odd lengths, so that the last block is short. Both mounts are of one export, so names say which.
work() {
  local file=$2/$1-v${2: -1}
  workload write "$file-buffered" 3000001 65536
  workload write "$file-synced" 700003 4096 fsync
  workload direct-write "$file-direct" 1048576 131072
  workload read "$file-buffered" 65536
  workload direct-read "$file-direct" 65536
  mkdir "$file"
  workload metadata "$file" 3
}
for folder in /data3 /data4; do
  say "orders works on $folder"
  in_cgroup "$orders" bash -c "$(declare -f work); work orders $folder" >> $out/orders.work
done
# The API server learns of a pod only after its first operation, as on a real node.
say 'etl works on both mounts, and only then the API server knows it'
for folder in /data3 /data4; do
  in_cgroup "$etl" bash -c "$(declare -f work); work etl $folder" >> $out/etl.work
done
set_pods "$(pod_object shop orders $orders_uid "$orders_container")" "$(pod_object data etl $etl_uid "$etl_container")"

say 'etl dirties mappings and is gone before they are written'
for folder in /data3 /data4; do
  in_cgroup "$etl" workload map "$folder/etl-mapped-v${folder: -1}" 500009 >> $out/etl.work
  in_cgroup "$etl" workload map "$folder/etl-mapped-late-v${folder: -1}" 250007 early >> $out/etl.work
done

say 'orders keeps files open while the kernel writes them back'
echo 100 > /proc/sys/vm/dirty_expire_centisecs
echo 100 > /proc/sys/vm/dirty_writeback_centisecs
for folder in /data3 /data4; do
  in_cgroup "$orders" workload write "$folder/orders-held-v${folder: -1}" 1500005 65536 hold /run/release > "/run/held${folder: -1}" &
  holders="$holders $!"
done
for version in 3 4; do
  wait_until 30 'a file is held open' test -s /run/held$version
  read -r _ bytes inode < /run/held$version
  echo "/data$version $bytes $inode" >> $out/held
  wait_until 60 'a kworker writes it' eval "grep 'nfs_initiate_write: fileid=[^ ]*:$inode ' $tracing/trace | grep -q kworker/"
done
cat /run/held3 /run/held4 >> $out/orders.work

say 'waiting until nothing moves'
stand_still after
touch /run/release
# shellcheck disable=SC2086
wait $holders

say 'the page, as promtool sees it'
agent_page $out/page
set +e
promtool check metrics < $out/page > $out/promtool.log 2>&1
echo $? > $out/promtool.status
stop_agent
say 'done'
