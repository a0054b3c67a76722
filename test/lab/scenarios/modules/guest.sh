# The agent is there before the NFS client is loaded, while it is unloaded, and when it is loaded again.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
config=/lab/scenarios/two-pods/nfscope.yaml

attached() { bpftool -j link show | grep -oE '"(tp_name|func)":"rpc_[a-z_]*"|kprobe_multi' | wc -l; }
nothing_attached() { [ "$(attached)" = 0 ]; }
something_attached() { [ "$(attached)" -ge 2 ]; }
loaded() { lsmod | grep -cE '^(nfs|sunrpc) ' || true; }

loaded > $out/loaded.start
set_pods "$orders_pod" "$etl_pod"
api_server
prometheus_server
watched_agent $config
attached > $out/attached.start

# round NAME: loads the client by mounting, works, and unloads it.
round() {
  say "$1: NFS server and two mounts"
  nfs_server
  nfs_mount 3 /data3
  nfs_mount 4.2 /data4
  wait_until 30 'the agent attaches' something_attached
  attached > "$out/attached.$1"
  say 'waiting until nothing moves'
  stand_still "before-$1"
  work_of orders "$orders" /data3
  work_of etl "$etl" /data4
  say 'waiting until nothing moves'
  stand_still "after-$1"
  umount /data3 /data4
  wait_until 30 'the agent lets go' nothing_attached
  attached > "$out/attached.after-$1"
  nfs_server_ends
  loaded > "$out/loaded.after-$1"
}
orders=$(pod_cgroup $orders_uid "$orders_container")
etl=$(pod_cgroup $etl_uid "$etl_container")
echo "$orders_container" > $out/orders.container
echo "$etl_container" > $out/etl.container
round first
for pod in orders etl; do mv "$out/$pod.work" "$out/$pod.first"; done
round second
stop_agent
