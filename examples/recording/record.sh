# Makes the recording beside this file: npm run lab -- --job examples/recording/record.sh --out FOLDER
# Five pods work on two servers for some minutes; in between one server stops, operations fail, a pod comes and goes.
# Leaves nas.recording, and the page of the live run at a moment when nothing moved: expected.page.
set -e
. /lab/guest/cluster.sh
out=/lab/out
life=280

say 'two servers: 127.0.0.1 by NFSv4.2, 127.0.0.2 by NFSv3'
nfs_server
mkdir -p /srv/archive
mount -t tmpfs tmpfs /srv/archive
echo '/srv/archive *(rw,no_root_squash,fsid=2,no_subtree_check,insecure)' >> /etc/exports
exportfs -ra
nfs_mount 4.2 /data
mkdir -p /archive
mount -t nfs -o vers=3,nolock,proto=tcp 127.0.0.2:/srv/archive /archive

# pod NAMESPACE NAME DIGIT: makes its cgroup ($cgroup) and what the API server says of it ($object).
pod() {
  local uid="$3$3$3$3$3$3$3$3-5a69-4788-9c0d-1e2f3a4b5c6d" container
  container=$(printf "$3"'f1234567%.0s' {1..7})$3
  cgroup=$(pod_cgroup "$uid" "$container")
  object=$(pod_object "$1" "$2" "$uid" "$container")
}
pod shop orders 1 && orders=$cgroup list=("$object")
pod data etl 2 && etl=$cgroup list+=("$object")
pod web thumbnails 3 && thumbnails=$cgroup list+=("$object")
pod ci runner 4 && runner=$cgroup list+=("$object")
set_pods "${list[@]}"
api_server

say 'the agent'
nfscope record --output $out/nas.recording 2>> $out/agent.log &
agent=$!
wait_until 60 'the agent serves its page' agent_page
# So that the replay begins with names.
wait_until 60 'the agent knows the pods' grep -q watch=true $out/kube-api.log

# each POD SECONDS COMMAND: again and again, with pauses, until the time is over. What fails is part of life.
each() {
  in_cgroup "$1" bash -c 'end=$((SECONDS + $0)); while [ $SECONDS -lt $end ]; do eval "$1"; sleep "$2"; done' "$2" "$3" "$4" > /dev/null 2>&1 &
  workers="$workers $!"
}
say 'orders writes small and synced, etl large and direct, thumbnails reads, runner makes what fails'
each "$orders" $life 'workload write /data/orders-$((SECONDS % 9)) 20000 4096 fsync; workload metadata /data 2' 0.7
each "$etl" $life 'workload direct-write /archive/etl-$((SECONDS % 4)) 1048576 131072; workload direct-read /archive/etl-$((SECONDS % 4)) 65536' 1.5
each "$thumbnails" $life 'workload read /data/orders-$((SECONDS % 9)) 65536; workload write /archive/thumb-$RANDOM 5000 4096; ls -l /archive' 1
each "$runner" $life 'cat /data/absent-$RANDOM; rmdir /archive/full; mkdir -p /archive/full/inner; ln /archive/full /archive/linked' 3

# stop_server SECONDS: what is under way waits; then the server is back and knows nobody's NFSv4 state.
stop_server() {
  # The kernel refuses it (EBUSY) while a thread is on its way out.
  until [ "$(cat /proc/fs/nfsd/threads)" = 0 ]; do
    echo 0 > /proc/fs/nfsd/threads || sleep 0.2
  done
  sleep "$1"
  rpc.nfsd 4
  sleep 3
  # Refused when the grace period has ended by itself, since nobody had anything to reclaim.
  echo Y > /proc/fs/nfsd/v4_end_grace || true
} 2> /dev/null

sleep 70
say 'the server stops for a while'
stop_server 6
sleep 40
say 'backup comes, and is known only after its first operations'
pod jobs backup 5 && backup=$cgroup list+=("$object")
each "$backup" 40 'workload read /archive/etl-0 131072; workload write /data/backup-$RANDOM 300000 65536' 1
sleep 3
set_pods "${list[@]}"
sleep 60
say 'the server stops again'
stop_server 4

# shellcheck disable=SC2086
wait $workers || true
say 'waiting until nothing moves'
sync
quiet() {
  agent_page $out/before.page && sleep 12 && agent_page $out/expected.page && cmp -s $out/before.page $out/expected.page
}
wait_until 120 'the page stands still' quiet
kill $agent
wait $agent
ls -l $out
cat $out/agent.log
say 'done'
