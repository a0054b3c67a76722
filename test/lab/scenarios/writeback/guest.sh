# Three pods write to a v3 and a v4.2 mount, and others flush. out/moved has what each writer's program moved: "POD VERSION
# RULE BYTES", by the rule that has to charge it; out/flushed what the server had of a file before its writer was done.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
thumbs_uid=5b6c7d8e-9fa0-41b2-83c4-d5e6f7a8b9c0
thumbs_container=$(printf 'fedcba98%.0s' {1..8})
thumbs_pod=$(pod_object web thumbs $thumbs_uid "$thumbs_container")

two_pods
thumbs=$(pod_cgroup $thumbs_uid "$thumbs_container")
set_pods "$orders_pod" "$etl_pod" "$thumbs_pod"
watched_agent /lab/scenarios/writeback/nfscope.yaml
say 'waiting until nothing moves'
stand_still before

# charged POD RULE COMMAND...: runs it in the cgroup of the pod.
charged() {
  local pod=$1 rule=$2 bytes
  shift 2
  read -r _ bytes _ < <(in_cgroup "${!pod}" "$@")
  echo "$pod $version $rule $bytes" >> $out/moved
}

# held POD FILE BYTES: writes in the background and keeps the file open until the next `released`.
held() {
  rm -f /run/release "/run/held"
  in_cgroup "${!1}" workload write "$2" "$3" 65536 hold /run/release > /run/held &
  holder=$!
  wait_until 60 'a file is written and held open' test -s /run/held
  echo "$1 $version opener $3" >> $out/moved
}
on_server() { stat -c %s "/srv/nas/${1##*/}" 2> /dev/null || echo 0; }
# released WHAT FILE BYTES: by now all of it must have gone to the server.
released() {
  echo "$1 $version $(on_server "$2") $3" >> $out/flushed
  touch /run/release
  wait "$holder"
}

for version in 3 4; do
  mine=/data$version/v$version

  say "v$version: a mapping that is dirtied after close"
  charged thumbs opener workload map $mine-mapped 300007 early

  for how in stat fsync close; do
    say "v$version: orders writes, and a $how of etl flushes it"
    held orders $mine-$how 1000001
    in_cgroup "$etl" workload flush $mine-$how $how > /run/flushed
    released $how $mine-$how 1000001
  done

  say "v$version: etl writes, and a sync of thumbs flushes it"
  held etl $mine-sync 900001
  in_cgroup "$thumbs" sync
  released sync $mine-sync 900001

  say "v$version: what goes to the server at once"
  charged orders submitter workload direct-write $mine-direct 524288 65536
  charged etl submitter workload aio-write $mine-aio 786432 65536
  charged thumbs opener workload sync-write $mine-osync 200003 65536

  say "v$version: a page that thumbs reads first and etl writes"
  charged orders opener workload write $mine-shared 400003 65536 fsync
  in_cgroup "$thumbs" workload read $mine-shared 65536 > /run/read
  charged etl opener workload over-write $mine-shared 131072 65536

  say "v$version: a descriptor that orders opens and etl writes"
  # shellcheck disable=SC2016
  passed='exec 7> "$1"; for procs in $2; do echo $$ > $procs; done; exec workload write-descriptor 7 350009 65536'
  charged orders opener bash -c "$passed" passed $mine-passed "$(procs_of "$etl")"

  say "v$version: etl has less memory than it writes"
  less_memory "$etl"
  charged etl opener workload write $mine-pressed 12000001 65536
  more_memory "$etl"
  echo "$version $(pressure "$etl")" >> $out/pressure
done

say 'the timer flushes'
echo 100 > /proc/sys/vm/dirty_expire_centisecs
echo 100 > /proc/sys/vm/dirty_writeback_centisecs
for version in 3 4; do
  mine=/data$version/v$version
  held thumbs $mine-timer 1500005
  wait_until 60 'the kernel writes it' eval "[ \$(on_server $mine-timer) = 1500005 ]"
  released timer $mine-timer 1500005
done

say 'waiting until nothing moves'
stand_still after
stop_agent
say 'done'
