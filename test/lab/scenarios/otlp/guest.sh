# Two pods work while an OTLP backend is away for a minute. Every request it took is kept, beside what Prometheus has.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

# start_receiver: the backend, as before when it is back. Its pid is $receiver.
start_receiver() {
  otlp-receiver --port 4317 --file $out/requests > $out/receiver.log 2>&1 &
  receiver=$!
  wait_until 60 'the receiver listens' grep -q listening $out/receiver.log
}
requests() { wc -l < $out/requests; }
# next_request SECONDS: waits until one more has come.
next_request() {
  local had
  had=$(requests)
  wait_until "$1" 'a request comes' eval "[ \$(requests) -gt $had ]"
}
# both_stand_still NAME: as stand_still, and the backend has the same.
both_stand_still() {
  local still tries
  for tries in 1 2 3; do
    stand_still "$1" || return
    still=$(per_operation)
    # The first may be an older one that is sent again.
    next_request 60 && next_request 60 || return
    requests > "$out/$1.requests"
    # A client renews its lease once a minute: then it is the next quiet moment that counts.
    [ "$(per_operation)" = "$still" ] && return
  done
  say "FAILED: something moved each time ($tries tries)"
  return 1
}
memory() { sed -n 's/^VmRSS:[^0-9]*//p' "/proc/$agent/status"; }
milliseconds() { date +%s%3N; }
# keep_working: orders writes until the backend is back.
keep_working() {
  until [ -e /run/back ]; do
    for folder in /data3 /data4; do
      in_cgroup "$orders" workload direct-write "$folder/orders-meanwhile" 65536 4096 >> $out/orders.work
    done
    sleep 1
  done
}

touch $out/requests
two_pods
start_receiver
watched_agent /lab/scenarios/otlp/nfscope.yaml
say 'waiting until nothing moves'
both_stand_still before

orders_works
next_request 60
say 'the receiver is killed'
kill -9 $receiver
wait $receiver || echo $? > $out/receiver.status
milliseconds > $out/outage
memory > $out/memory
sleep 60 &
minute=$!
keep_working &
worker=$!
etl_works
wait $minute
milliseconds >> $out/outage
memory >> $out/memory
say 'the receiver is back'
start_receiver
next_request 180
say 'and has got a request'
touch /run/back
wait $worker

say 'waiting until nothing moves'
both_stand_still after
say 'orders works for a moment and the agent is stopped'
# Again, when a request came in between: the last of the work is left to the flush of the shutdown.
for tries in {1..5}; do
  requests > $out/stopping.requests
  for folder in /data3 /data4; do
    in_cgroup "$orders" workload direct-write "$folder/orders-at-last" 262144 65536 >> $out/orders.work
  done
  [ "$(requests)" = "$(cat $out/stopping.requests)" ] && break
  say "a request came in between (try $tries)"
  next_request 60
done
cat /proc/self/mountstats > $out/stopping.mountstats
stop_agent
kill $receiver
cp "$pods_file" $out/pods.json
say 'done'
