# A real OpenTelemetry Collector, which keeps what comes by OTLP/gRPC and by OTLP/HTTP. Source it after cluster.sh.

# collector_server: listens on ports 4317 and 4318. Each request becomes a line of JSON in out/SIGNAL.grpc or out/SIGNAL.http.
# Its pid is $collector.
collector_server() {
  if [ -e /lab/no-collector ]; then skip "$(cat /lab/no-collector)"; fi
  collector --config file:/lab/scenarios/collector/collector.yaml > /lab/out/collector.log 2>&1 &
  collector=$!
  wait_until 300 'the Collector listens' grep -q 'Everything is ready' /lab/out/collector.log
}

# stop_collector: asks it to end, and waits until its files are whole.
stop_collector() {
  kill "$collector"
  wait "$collector"
}

# more_metrics: waits until each way has brought two requests more. The first may be an older one that is sent again.
requests() { cat "/lab/out/metrics.$1" | wc -l; }
more_metrics() {
  local way had
  for way in grpc http; do
    had=$(requests $way)
    wait_until 120 "metrics come by $way" eval "[ \$(requests $way) -ge $((had + 2)) ]" || return
  done
}

# dated_still NAME: as stand_still, and out/NAME.ms is a time, in milliseconds, at which nothing had moved since. What the agent sends
# of the 12 s before is the same as Prometheus has, whenever it arrives.
dated_still() {
  local tries
  for tries in 1 2 3; do
    stand_still "$1" || return
    date +%s%3N > "/lab/out/$1.ms"
    # A client renews its lease once a minute: then it is the next quiet moment that counts.
    [ "$(per_operation)" = "$(per_operation "/lab/out/$1.mountstats")" ] && return
  done
  say "FAILED: something moved each time ($tries tries)"
  return 1
}
