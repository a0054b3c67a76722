# Everything a person can get wrong, one after the other; what the agent says, and what it leaves behind, is kept.
. /lab/guest/cluster.sh
out=/lab/out
good=/lab/scenarios/two-pods/nfscope.yaml

# attempt NAME COMMAND...: standard output, standard error and exit status, and what is still loaded or listening.
attempt() {
  local name=$1
  shift
  say "$name"
  timeout 60 "$@" > "$out/$name.stdout" 2> "$out/$name.stderr"
  echo $? > "$out/$name.status"
  bpftool -j prog show | grep -o rpc_task_end | wc -l > "$out/$name.programs"
  ss -Hltn 'sport = :9464' | wc -l > "$out/$name.listeners"
}

set_pods
api_server
nfs_server
nfs_mount 3 /data3
sed 's/interval:/intervall:/' $good > /run/unknown-key.yaml
sed 's/interval: 1s/interval: [1]/' $good > /run/wrong-type.yaml
sed 's/exporters: \[metrics\]/exporters: [metrics/' $good > /run/not-yaml.yaml
attempt unknown-key "${agent_rights[@]}" nfscope run --config /run/unknown-key.yaml
attempt wrong-type "${agent_rights[@]}" nfscope run --config /run/wrong-type.yaml
attempt not-yaml "${agent_rights[@]}" nfscope run --config /run/not-yaml.yaml
attempt missing-file "${agent_rights[@]}" nfscope run --config /run/nowhere.yaml
attempt unknown-option "${agent_rights[@]}" nfscope run --confg $good

attempt no-rights setpriv --bounding-set=-all --inh-caps=-all --no-new-privs nfscope run --config $good
attempt bpf-only setpriv --bounding-set=-all,+bpf --inh-caps=-all --no-new-privs nfscope run --config $good

busybox httpd -f -p 127.0.0.1:9464 &
holder=$!
wait_until 10 'the port is taken' eval '[ "$(ss -Hltn "sport = :9464" | wc -l)" = 1 ]'
attempt occupied-port "${agent_rights[@]}" nfscope run --config $good
kill $holder

say 'and with nothing wrong it starts'
start_agent $good
stop_agent
