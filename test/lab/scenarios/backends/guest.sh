# The work of two pods goes to every backend at once: Prometheus by OpenMetrics, by text, by protobuf with native histograms and
# by remote-write, VictoriaMetrics by OTLP/HTTP. Then a pod goes, and one of the same name comes.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

backends='openmetrics text native remote-write victoria-metrics'
port_of() { case $1 in native) echo 9091 ;; victoria-metrics) echo 8428 ;; *) echo 9090 ;; esac; }
# matchers_of BACKEND: which of its series are meant.
matchers_of() {
  case $1 in
    openmetrics | native) echo 'job="nfscope"' ;;
    text) echo 'job="text"' ;;
    *) echo 'job!~"nfscope|text"' ;;
  esac
}

# ask BACKEND EXPRESSION: its answer as JSON. No "+" or "&" in it: it is sent as a form.
ask() { busybox wget -q -O - --post-data "query=$2" "http://127.0.0.1:$(port_of "$1")/api/v1/query?nocache=1"; }
# everything_of BACKEND: all series of the agent.
everything_of() { ask "$1" "{__name__=~\"nfs.*\",$(matchers_of "$1")}"; }
# operations_of BACKEND [MATCHER]: operations of which it knows the duration, -1 when there is no such series.
operations_of() {
  local of
  of="{$(matchers_of "$1"),$2}"
  case $1 in
    native) of="histogram_count(nfs_io_duration_seconds$of)" ;;
    *) of="nfs_io_duration_seconds_count$of" ;;
  esac
  ask "$1" "sum($of) or vector(-1)" | sed -n 's/.*"value":\[[0-9.]*,"\([^"]*\)"\].*/\1/p'
}
# quantile_of BACKEND QUANTILE: of the duration of all WRITEs, as JSON.
quantile_of() {
  local of
  of="{$(matchers_of "$1"),nfs_operation_name=\"WRITE\"}"
  case $1 in
    native) of="sum(nfs_io_duration_seconds$of)" ;;
    *) of="sum(nfs_io_duration_seconds_bucket$of) by (le)" ;;
  esac
  ask "$1" "histogram_quantile($2,$of)"
}

# all_have COUNT [MATCHER]: whether every backend knows of that many operations; who does not is $lagging.
all_have() {
  local backend has
  for backend in $backends; do
    has=$(operations_of "$backend" "$2")
    [ "$has" = "$1" ] && continue
    lagging="$backend has $has operations instead of $1"
    return 1
  done
}
# all_agree: whether they know of the same operations, and there are some.
all_agree() {
  local one
  one=$(operations_of openmetrics)
  lagging="openmetrics has $one operations"
  [ "$one" != -1 ] && all_have "$one"
}

# all_stand_still NAME: as stand_still, and all backends have the same; what each knows is out/NAME.BACKEND.json.
all_stand_still() {
  local still tries backend
  for tries in 1 2 3 4; do
    stand_still "$1" || return
    still=$(per_operation)
    wait_until 60 'all backends have the same' all_agree || say "$lagging"
    for backend in $backends; do everything_of "$backend" > "$out/$1.$backend.json"; done
    # A client renews its lease once a minute, and a scrape that took too long leaves nothing behind: then it is the next quiet
    # moment that counts.
    [ "$(grep -l nfs_io_duration "$out/$1".*.json | wc -l)" = 5 ] && [ "$(per_operation)" = "$still" ] && return
  done
  say "FAILED: something moved each time ($tries tries)"
  return 1
}

say 'the backends start'
# They share the processors of an emulated machine.
scrape_seconds=8
# The page as it is for whoever does not say what he takes, handed on: this Prometheus cannot be told to ask for text.
scraped_too="  - { job_name: text, metrics_path: /metrics.txt, static_configs: [{ targets: ['127.0.0.1:9465'] }] }"
mkdir /run/text
busybox httpd -p 127.0.0.1:9465 -h /run/text
hand_on_text() { while sleep 3; do agent_page /run/text/next && mv /run/text/next /run/text/metrics.txt; done; }
hand_on_text &
cat > /run/native.yml << 'END'
global: { scrape_interval: 8s, scrape_timeout: 8s }
scrape_configs: [{ job_name: nfscope, static_configs: [{ targets: ['127.0.0.1:9464'] }] }]
END
prometheus --config.file=/run/native.yml --storage.tsdb.path=/tmp/native --web.listen-address=127.0.0.1:9091 --log.level=warn \
  --enable-feature=native-histograms > $out/native.log 2>&1 &
victoria-metrics -storageDataPath=/tmp/victoria-metrics -httpListenAddr=127.0.0.1:8428 -search.latencyOffset=0s -memory.allowedBytes=200MB \
  -opentelemetry.usePrometheusNaming -loggerLevel=WARN > $out/victoria-metrics.log 2>&1 &

two_pods --web.enable-remote-write-receiver
watched_agent /lab/scenarios/backends/nfscope.yaml
say 'waiting until nothing moves'
all_stand_still before

tracing=/sys/kernel/tracing
echo 8192 > $tracing/buffer_size_kb
echo 1 > $tracing/events/sunrpc/rpc_stats_latency/enable
orders_works
etl_works
say 'waiting until nothing moves'
all_stand_still after
echo 0 > $tracing/events/sunrpc/rpc_stats_latency/enable
cp $tracing/trace $out/trace
for backend in $backends; do
  for quantile in 0.5 0.9; do quantile_of $backend $quantile > $out/quantile.$backend.$quantile.json; done
done

say 'etl is deleted'
set_pods "$orders_pod"
wait_until 240 'its series have ended everywhere' all_have -1 'k8s_pod_name="etl"' || say "$lagging"
all_stand_still gone

say 'a pod of the same name comes'
etl_uid=b1b1c2d3-e4f5-4607-8899-aabbccddeeff
etl_container=$(printf '76543210%.0s' {1..8})
set_pods "$orders_pod" "$(pod_object data etl $etl_uid "$etl_container")"
etl=$(pod_cgroup $etl_uid "$etl_container")
echo "$etl_container" > $out/anew.container
for folder in /data3 /data4; do
  in_cgroup "$etl" workload direct-write "$folder/etl-anew-v${folder: -1}" 262144 65536
done > $out/anew.work
say 'waiting until nothing moves'
all_stand_still anew
stop_agent
say 'done'
