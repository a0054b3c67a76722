# The server stops answering with six operations of two pods in flight; one of the processes is killed; the server comes back.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

# inflight: series of the page that are not 0.
inflight() { agent_page /run/page && grep '^nfs_io_inflight' /run/page | grep -v ' 0$'; }
# shown: operations in flight of pods, as the page has them.
shown() { inflight | awk '/^nfs_io_inflight\{.*k8s_pod_name/ { sum += $NF } END { print sum + 0 }'; }
is_shown() { [ "$(shown)" -eq "$1" ]; }
# tasks: the kernel's own list: program, version and procedure of each task of NFS.
tasks() { cat /sys/kernel/debug/sunrpc/rpc_clnt/*/tasks | grep -oE ' nfs(acl)?v[0-9]+ \S+ a:' || true; }
# within SECONDS NAME WHAT COMMAND...: waits, and keeps how long it took as out/NAME.
within() {
  local from name=$2
  from=$(cut -d' ' -f1 /proc/uptime)
  wait_until "$1" "${@:3}"
  awk -v from="$from" '{ print $1 - from }' /proc/uptime > "$out/$name"
}
# both_say NAME: the page between two equal answers of the kernel, so that both are of one moment.
both_say() {
  local tries before
  for tries in {1..20}; do
    before=$(tasks | sort)
    # The agent looks once a second; what it shows may be that old.
    sleep 2
    inflight > "$out/$1.page" || true
    [ "$before" = "$(tasks | sort)" ] && { echo "$before" > "$out/$1.tasks"; return 0; }
  done
  say "FAILED: the kernel's list never stood still ($tries tries)"
  return 1
}

# mounts NAME: what the page says of the mounts, and what the kernel does.
mounts() { agent_page /run/page && grep '^nfs_mount_' /run/page > "$out/$1.page"; grep ' nfs4\? ' /proc/self/mounts > "$out/$1.mounts"; }
# both_are STATE: whether the page says so of both mounts.
both_are() { agent_page /run/page && [ "$(grep -c "^nfs_mount_health{.*nfs_mount_state=\"$1\".* 1$" /run/page)" -eq 2 ]; }

two_pods
set_pods "$orders_pod" "$etl_pod"
for version in 3 4; do
  in_cgroup "$orders" workload write "/data$version/orders" 262144 65536 fsync
  in_cgroup "$etl" workload write "/data$version/etl" 262144 65536 fsync
done > /dev/null
watched_agent /lab/scenarios/stuck/nfscope.yaml
for version in 3 4; do
  in_cgroup "$orders" workload direct-read "/data$version/orders" 65536
  in_cgroup "$etl" workload direct-read "/data$version/etl" 65536
done > /dev/null
wait_until 60 'the agent names both pods' eval 'agent_page /run/page && grep -q "k8s_pod_name=\"orders\"" /run/page && grep -q "k8s_pod_name=\"etl\"" /run/page'
wait_until 60 'both mounts are known' both_are ok
mounts healthy
# Of the reads above, or of a lease that is renewed, the last look may still tell.
both_say quiet

# Open before the server stands still: an open would be what gets stuck.
for version in 3 4; do
  in_cgroup "$orders" workload held-read "/data$version/orders" 65536 /run/go &
  in_cgroup "$orders" workload held-write "/data$version/orders" 65536 /run/go &
done
in_cgroup "$etl" workload held-read /data4/etl 65536 /run/go &
# One that its process waits for, and that ends with it: what bypasses the page cache outlives its process.
in_cgroup "$etl" bash -c 'echo $$ > /run/maker; until [ -e /run/go ]; do sleep 0.1; done; exec mkdir /data3/etl.folder' &
sleep 3
say 'the server stands still'
echo 0 > /proc/fs/nfsd/threads
touch /run/go
within 60 shown.seconds 'six operations are shown' is_shown 6
both_say stuck
inflight > $out/older.page
within 60 told.seconds 'both mounts are stuck' both_are stuck
mounts ill

say 'a process that waits is killed'
kill -9 "$(cat /run/maker)"
within 60 killed.seconds 'five operations are shown' is_shown 5
both_say killed

say 'the server is back'
rpc.nfsd 4
# Refused where the server skipped its grace period, as on 5.10, which knows by then that nobody has anything to reclaim.
echo Y > /proc/fs/nfsd/v4_end_grace || true
wait_until 300 'the kernel has nothing in flight' eval '[ -z "$(tasks)" ]'
within 60 recovered.seconds 'nothing is shown' is_shown 0
agent_page $out/recovered.page
# What was under way may have waited long for its reply.
within 60 cured.seconds 'both mounts are well' both_are ok
mounts cured
stop_agent
say 'done'
