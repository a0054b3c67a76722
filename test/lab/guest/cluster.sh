# A node of a cluster around the agent: an API server that knows its pods, the service account of a pod, Prometheus.

account=/var/run/secrets/kubernetes.io/serviceaccount
pods_file=/run/pods.json
export NODE_NAME=lab-node KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443

# pod_object NAMESPACE NAME UID CONTAINER: the pod as the API server has it.
pod_object() {
  printf '{"metadata":{"namespace":"%s","name":"%s","uid":"%s"},"spec":{"nodeName":"%s"},' "$1" "$2" "$3" "$NODE_NAME"
  printf '"status":{"phase":"Running","containerStatuses":[{"name":"main","containerID":"containerd://%s"}]}}' "$4"
}

# set_pods OBJECT...: what runs on the node from now on.
set_pods() {
  local IFS=,
  echo "[$*]" > "$pods_file.new"
  mv "$pods_file.new" "$pods_file"
}

# api_server: serves the pods, and puts the token and the certificate where a pod finds them.
api_server() {
  local key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'
  mkdir -p "$account" /run/kube-api
  head -c 32 /dev/urandom | base64 > "$account/token"
  # shellcheck disable=SC2086
  openssl req -x509 $key -subj /CN=lab -keyout /run/kube-api/ca.key -out "$account/ca.crt" 2> /dev/null || return
  # shellcheck disable=SC2086
  openssl req -x509 -CA "$account/ca.crt" -CAkey /run/kube-api/ca.key $key -subj /CN=kube-api \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:false \
    -keyout /run/kube-api/key -out /run/kube-api/cert 2> /dev/null || return
  kube-api --port 6443 --cert /run/kube-api/cert --key /run/kube-api/key --token "$account/token" --pods "$pods_file" \
    > /lab/out/kube-api.log 2>&1 &
}

# prometheus_server [OPTION...]: scrapes the agent every $scrape_seconds, and what $scraped_too says.
scrape_seconds=2
scraped_too=
prometheus_server() {
  cat > /run/prometheus.yml << END
global: { scrape_interval: ${scrape_seconds}s, scrape_timeout: ${scrape_seconds}s }
scrape_configs:
  - job_name: nfscope
    static_configs: [{ targets: ['127.0.0.1:9464'] }]
$scraped_too
END
  prometheus --config.file=/run/prometheus.yml --storage.tsdb.path=/tmp/prometheus --web.listen-address=127.0.0.1:9090 \
    --log.level=warn "$@" > /lab/out/prometheus.log 2>&1 &
}

# query EXPRESSION: Prometheus' answer as JSON. No "+" or "&" in it: it is sent as a form.
query() { busybox wget -q -O - --post-data "query=$1" http://127.0.0.1:9090/api/v1/query; }

# wait_until SECONDS WHAT COMMAND...: tries it until it succeeds, or says with status 99 that it never will.
wait_until() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@"; do
    if [ $? = 99 ] || [ "$SECONDS" -ge "$end" ]; then
      say "FAILED: $what, not within $((SECONDS - end + seconds)) s"
      return 1
    fi
    sleep 0.5
  done
}

# What the agent may do, by `npm run lab -- --rights`: prefix every start of it with "${agent_rights[@]}".
agent_rights=()
if [ "$LAB_RIGHTS" = two ]; then
  # As strict as Debian makes a kernel.
  echo 3 > /proc/sys/kernel/perf_event_paranoid
  # Before 5.11 the memory of BPF counts against this limit, 64 KiB of a kernel's own accord, and raising it takes a right more.
  ulimit -l unlimited
  agent_rights=(setpriv --bounding-set=-all,+bpf,+perfmon --inh-caps=-all --no-new-privs)
fi

agent_page() { busybox wget -q -O "${1:-/dev/null}" http://127.0.0.1:9464/metrics 2> /dev/null; }

# while_agent COMMAND...: runs it, unless the agent has ended.
while_agent() {
  [ -d "/proc/$agent" ] || {
    tail -n 1 /lab/out/agent.log
    return 99
  }
  "$@"
}
# The page is served before the kernel side counts: this metric is the kernel side's first.
agent_counts() { agent_page /run/agent.page && grep -q '^nfscope_lost_total' /run/agent.page; }

# start_agent CONFIG [COMMAND...]: runs nfscope, through COMMAND when given, and waits until it counts. Its pid is $agent,
# what it may do in out/agent.rights.
start_agent() {
  local config=$1
  shift
  "${agent_rights[@]}" "$@" nfscope run --config "$config" 2>> /lab/out/agent.log &
  agent=$!
  wait_until 180 'the agent counts' while_agent agent_counts || return
  keep_rights
}

# keep_rights: what the agent may do, as out/agent.rights.
keep_rights() {
  {
    grep -E '^(Cap|NoNewPrivs)' "/proc/$agent/status"
    echo "paranoid: $(cat /proc/sys/kernel/perf_event_paranoid)"
  } > /lab/out/agent.rights
}

# stop_agent: asks it to end and keeps its exit status.
stop_agent() {
  kill "$agent"
  wait "$agent"
  echo $? > /lab/out/agent.status
}

# per_operation [FILE]: the lines of operations of mountstats, as they are now or in that file.
per_operation() { grep -E '^[[:space:]]+[A-Z_0-9]+: [0-9 ]+$' "${1:-/proc/self/mountstats}"; }
# What both sides have counted so far. Prometheus answers nothing while it starts.
counted() {
  per_operation
  query 'sum(nfs_io_duration_seconds_count) or vector(0)' | sed 's/.*"value":\[[0-9.]*,//'
}

# scraped FILE: whether what was kept of Prometheus is of an agent that answered it. After a scrape that failed it has no sample.
scraped() { grep -q '"__name__":"up"' "$1" && ! grep -qE '"__name__":"up"[^}]*\},"value":\[[0-9.]+,"0"\]' "$1"; }

# stand_still NAME: waits until mountstats and Prometheus have not moved for 12 s, longer than a source without a name is
# held back and than a scrape, a tick and a collection together, and keeps both as out/NAME.{mountstats,json}.
stand_still() {
  local last='' now='' same=0 tries
  for tries in {1..40}; do
    now=$(counted)
    if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
    if [ "$same" = 3 ]; then
      cat /proc/self/mountstats > "/lab/out/$1.mountstats"
      query '{job="nfscope"}' > "/lab/out/$1.json"
      # Did anything happen in between, or was a scrape too slow for this machine? Then it is the next quiet moment that counts.
      [ "$(per_operation)" = "$(echo "$now" | head -n -1)" ] && scraped "/lab/out/$1.json" && return 0
      same=0
    fi
    last=$now
    sleep 4
  done
  say "FAILED: the counters never stood still ($tries tries)"
  return 1
}
