# The configuration is changed under load, ten times: an exporter comes and goes. In between once to one that is wrong.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out
config=/run/reload.yaml

cp /lab/scenarios/two-pods/nfscope.yaml /run/one.yaml
sed -e 's|^  prometheus:|  prometheus/second:\n    endpoint: 127.0.0.1:9465\n&|' -e 's|\[prometheus\]|[prometheus, prometheus/second]|' /run/one.yaml > /run/two.yaml
sed 's|endpoint: .*|endpiont: 127.0.0.1:9464|' /run/one.yaml > /run/wrong.yaml
cp /run/one.yaml $config

two_pods
set_pods "$orders_pod" "$etl_pod"
watched_agent $config
stand_still before

# load POD FOLDER: works until told to stop.
load() {
  local round=0
  until [ -e /run/enough ]; do
    round=$((round + 1))
    workload write "$2/$1-load-v${2: -1}" 200001 65536 fsync
    workload direct-read "$2/$1-load-v${2: -1}" 65536
    mkdir "$2/$1-load-v${2: -1}.$round"
    workload metadata "$2/$1-load-v${2: -1}.$round" 1
  done > /dev/null
}
say 'both pods work without a pause'
in_cgroup "$orders" bash -c "$(declare -f load); load orders /data3" &
loads=$!
in_cgroup "$etl" bash -c "$(declare -f load); load etl /data4" &
loads="$loads $!"
counts_load() { agent_page /run/page && [ "$(grep -c '^nfs_io_size_bytes_count' /run/page)" -ge 4 ]; }
wait_until 120 'the agent counts the load' counts_load
bpftool -j prog show > $out/programs.before

# own_metric NAME: its value on the page of the agent's own metrics.
own_metric() { busybox wget -q -O - http://127.0.0.1:8888/metrics | sed -n "s/^$1\({.*}\)\? \([0-9.]*\)\$/\2/p"; }
second_is_there() { busybox wget -q -O /dev/null http://127.0.0.1:9465/metrics 2> /dev/null; }
second_is_gone() { ! second_is_there; }
is_current() { [ "$(own_metric nfscope_configuration_current)" = "$1" ]; }

for round in 1 2 3 4 5; do
  say "reloads $round: by the file alone, then by SIGHUP"
  cp /run/two.yaml $config
  wait_until 60 'the second page is served' while_agent second_is_there
  cp /run/one.yaml $config
  kill -HUP "$agent"
  wait_until 60 'the second page is gone' while_agent second_is_gone
done
say 'a wrong configuration'
cp /run/wrong.yaml $config
wait_until 60 'the gauge says that it is not taken' while_agent is_current 0
own_metric nfscope_configuration_current > $out/current.wrong
cp /run/one.yaml $config
wait_until 60 'the gauge says that all is well' while_agent is_current 1
own_metric nfscope_configuration_current > $out/current.right

bpftool -j prog show > $out/programs.after
touch /run/enough
# shellcheck disable=SC2086
wait $loads

say 'waiting until nothing moves'
stand_still after
stop_agent
