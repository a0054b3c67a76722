# `npm start` on a machine with an NFS client, as root: it counts what two pods do, and Ctrl-C ends it.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

say 'NFS server, two mounts, two pods'
nfs_server
nfs_mount 3 /data3
nfs_mount 4.2 /data4
orders=$(pod_cgroup $orders_uid "$orders_container")
etl=$(pod_cgroup $etl_uid "$etl_container")
set_pods "$orders_pod" "$etl_pod"
api_server

say 'npm start'
cd /nfscope
# A build that came out of a cache is older than its sources by the clock; compiling them takes minutes in here.
touch native/dist/nfscope.node bpf/dist/nfs.bpf.o
npm start > $out/start.log 2>&1 &
npm=$!
wait_until 300 'the agent counts' agent_counts
cat /proc/self/mountstats > $out/before.mountstats

# load POD FOLDER: works until told to stop.
load() {
  until [ -e /run/enough ]; do
    workload write "$2/$1" 200001 65536 fsync
    workload direct-read "$2/$1" 65536
  done > /dev/null
}
say 'both pods work without a pause'
in_cgroup "$orders" bash -c "$(declare -f load); load orders /data3" &
loads=$!
in_cgroup "$etl" bash -c "$(declare -f load); load etl /data4" &
loads="$loads $!"
busy() { [ "$(grep -c '2 active.*; busiest' $out/start.log)" -ge 3 ]; }
wait_until 120 'three lines tell of both pods' busy
touch /run/enough
# shellcheck disable=SC2086
wait $loads

say 'waiting until nothing moves'
# What the agent tells of itself has ages in it.
quiet() { agent_page /run/page && sleep 12 && agent_page $out/page && cmp -s <(grep '^nfs_' /run/page) <(grep '^nfs_' $out/page); }
wait_until 180 'the page stands still' quiet
cat /proc/self/mountstats > $out/after.mountstats

kill -INT $npm
set +e
wait $npm
echo $? > $out/start.status
pgrep -f 'npm start|scripts/start.mjs' > $out/left
bpftool -j prog show | grep -o rpc_task_end | wc -l > $out/programs
exit 0
