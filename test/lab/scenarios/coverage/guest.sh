# Operations are missing from nfscope's totals, or from a mount's own, for one reason after the other. At each stage what the
# kernel and Prometheus counted is kept.
set -e
. /lab/guest/cluster.sh
out=/lab/out
config=/lab/scenarios/coverage/nfscope.yaml
# As in a container: the node's procfs elsewhere and read-only.
mkdir -p /host/proc
mount --bind /proc /host/proc
mount -o remount,bind,ro /host/proc

# sends: what each connection has sent, by mountstats from standard input.
sends() { awk '$1 == "xprt:" && $2 == "tcp" { print $8 }' | sort -u; }
# accounts_fresh: whether the agent has read mountstats since anything was sent.
accounts_fresh() {
  local count
  agent_page /run/page || return
  for count in $(sends < /proc/self/mountstats); do grep -q "^nfs_transport_sends_total{.*} $count\$" /run/page || return; done
}
# kept_fresh NAME: whether what was kept of Prometheus is of such an agent.
kept_fresh() {
  local count
  for count in $(sends < "$out/$1.mountstats"); do
    grep -q "\"nfs_transport_sends_total\"[^}]*},\"value\":\[[0-9.]*,\"$count\"" "$out/$1.json" || return
  done
}
# stage NAME: waits until nothing moves and the agent has compared all there is. A client renews its lease now and then.
stage() {
  local tries
  say "waiting until nothing moves: $1"
  for tries in 1 2 3; do
    wait_until 120 'the agent has compared' accounts_fresh || return
    stand_still "$1" || return
    kept_fresh "$1" && return
  done
  say "FAILED: something was sent each time, $tries tries"
  return 1
}
# work FOLDER NAME. Both mounts are of one export, so names say which.
work() {
  local folder=$1/$2-v${1: -1}
  mkdir "$folder"
  workload write "$folder/file" 300001 65536 fsync
  workload direct-read "$folder/file" 65536
  workload metadata "$folder" 3
} > /dev/null

say 'an NFS server, a v3 mount, and work before the agent'
nfs_server
nfs_mount 3 /data3
work /data3 early
prometheus_server
cat /proc/self/mountstats > $out/attaching.mountstats
say 'the agent starts'
start_agent $config
cat /proc/self/mountstats > $out/attached.mountstats
wait_until 120 'Prometheus scrapes the agent' eval 'query "up==1" | grep -q nfscope'
stage late

say 'a v4 mount by two connections, and work on both mounts'
nfs_mount 4.2 /data4 nconnect=2
work /data3 covered
work /data4 covered
stage covered

say 'work while every processor is reading a map without a pause'
# A kprobe program is skipped on a processor whose task was preempted inside of bpf(2).
bpftool map create /sys/fs/bpf/hammered type hash key 4 value 8 entries 4096 name hammered
for i in {0..255}; do echo "map update pinned /sys/fs/bpf/hammered key $i 0 0 0 value 0 0 0 0 0 0 0 0"; done > /run/fill
bpftool batch file /run/fill > /dev/null
yes 'map dump pinned /sys/fs/bpf/hammered' | head -n 100000 > /run/hammer
for _ in 1 2; do
  bpftool batch file /run/hammer > /dev/null &
  hammers="$hammers $!"
done
for round in 1 2 3 4; do
  work /data3 hammered.$round
  work /data4 hammered.$round
done
# shellcheck disable=SC2086
kill $hammers
stage hammered
stop_agent

say 'an agent with hardly any rows, and a crowd of cgroups'
MAX_ROWS=512 start_agent $config
wait_until 120 'Prometheus scrapes the agent' eval 'query "up==1" | grep -q nfscope'
stage small
for pod in {1..24}; do
  cgroup=$(pod_cgroup "$pod" main)
  for folder in /data3 /data4; do in_cgroup "$cgroup" bash -c "$(declare -f work); work $folder crowd.$pod"; done
done
stage full
stop_agent
