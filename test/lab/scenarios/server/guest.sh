# The server goes away under load and comes back: NFSv4.2 recovers its state, a soft NFSv3 mount gives up.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

say 'NFS server and two mounts'
nfs_server
nfs_mount 3 /data3 soft,timeo=10,retrans=1
nfs_mount 4.2 /data4
orders=$(pod_cgroup $orders_uid "$orders_container")
etl=$(pod_cgroup $etl_uid "$etl_container")
echo "$orders_container" > $out/orders.container
echo "$etl_container" > $out/etl.container
set_pods "$orders_pod" "$etl_pod"
api_server
prometheus_server
watched_agent /lab/scenarios/two-pods/nfscope.yaml
in_cgroup "$orders" workload write /data3/there 4096 4096
say 'waiting until nothing moves'
stand_still before

# load FOLDER: works until told to stop.
load() {
  local round=0
  until [ -e /run/enough ]; do
    round=$((round + 1))
    workload write "$1/load" 200001 65536 fsync
    workload direct-read "$1/load" 65536
    mkdir "$1/load.$round"
    workload metadata "$1/load.$round" 1
  done > /dev/null
}
in_cgroup "$etl" bash -c "$(declare -f load); load /data4" &
load=$!
wait_until 120 'etl works' test -d /data4/load.3

say 'the server goes away'
echo 0 > /proc/fs/nfsd/threads
set +e
for i in 1 2; do
  in_cgroup "$orders" busybox stat "/data3/not-there.$i" 2>&1 | grep -o 'I/O error\|Input/output error' >> $out/soft.errors
done
set -e
say 'the server is back'
rpc.nfsd 4
last=$(find /data4 -maxdepth 1 -name 'load.*' | wc -l)
wait_until 200 'etl works again' eval "[ \$(find /data4 -maxdepth 1 -name 'load.*' | wc -l) -gt $((last + 2)) ]"
touch /run/enough
wait $load
in_cgroup "$orders" workload read /data3/there 4096 > /dev/null
say 'waiting until nothing moves'
stand_still after
stop_agent
