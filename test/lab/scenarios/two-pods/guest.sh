# Two pods work on a v3 and a v4.2 mount. What they moved, what the kernel counted and what Prometheus has is kept.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

two_pods
watched_agent /lab/scenarios/two-pods/nfscope.yaml
say 'waiting until nothing moves'
stand_still before

tracing=/sys/kernel/tracing
trap 'cat $tracing/trace > $out/trace' EXIT
echo 8192 > $tracing/buffer_size_kb
echo 1 > $tracing/events/nfs/nfs_initiate_write/enable

orders_works
etl_works

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
