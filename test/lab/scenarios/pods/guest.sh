# Two pods in containerd and a container in Docker work on NFS volumes of their own, once for each source of names. Then pods come and go.
set -e
. /lab/guest/cluster.sh
. /lab/guest/containerd.sh
. /lab/guest/docker.sh
out=/lab/out

kubernetes=$(cat /lab/kubernetes)
[ -z "$kubernetes" ] || . /lab/guest/kubernetes.sh
set_pods
say "API server: ${kubernetes:-the one of the lab}"
api_server
say 'NFS server, containerd and Docker'
nfs_server
while read -r volume; do mkdir "/srv/nas/$volume"; done < /lab/volumes
container_runtime
docker_engine

say 'two pods'
admin=()
if [ -n "$kubernetes" ]; then
  wait_until 120 'the API server answers' kubernetes_answers
  admin=(admin "$account/ca.crt")
fi
run-pods /lab/pods.json $out/pods.json "$NODE_NAME" "${admin[@]}"
# pod_field NAME FIELD: of a pod that runs.
pod_field() { sed -n "/\"name\": \"$1\"/,/}\$/s/^ *\"$2\": \"\(.*\)\".*/\1/p" $out/pods.json | head -n 1; }

say 'a container of Docker'
docker volume create --opt type=nfs --opt o=addr=127.0.0.1,vers=4.1,proto=tcp --opt "device=:/$(tail -n 1 /lab/volumes)" nas > /dev/null
docker run --detach --name web --network none -v nas:/data -v /lab/bin/workload-static:/workload:ro \
  -v /lab/scenarios/pods/work.sh:/work.sh:ro localhost/pause:1 > $out/web.id

# works SOURCE NAME: what it moved, as out/SOURCE.NAME.work.
works() {
  local id command=(/bin/busybox sh /work.sh "$1")
  say "$2 works"
  if [ "$2" = web ]; then
    docker exec web "${command[@]}" > "$out/$1.$2.work"
  else
    id=$(pod_field "$2" containerId)
    ctr --namespace k8s.io tasks exec --exec-id "$1" "$id" "${command[@]}" > "$out/$1.$2.work"
  fi
}

# How often something was read or written, by the kernel since it was mounted, and by the agent since it counts.
payload() { awk '/^[[:space:]]+(READ|READ_PLUS|WRITE): / { all += $2 } END { print all + 0 }' "$1"; }
counted_payload() {
  awk '/^nfs_io_duration_seconds_count\{.*nfs_operation_name="(READ|READ_PLUS|WRITE)"/ { all += $NF } END { print all + 0 }' "$1"
}
# settled NAME: waits until the agent has told of every such operation, and keeps both as out/NAME.{mountstats,page}.
settled() {
  wait_until 60 "the agent has told all of $1" while_agent has_told "$1"
}
has_told() {
  local name=$out/$1
  cat /proc/self/mountstats > "$name.mountstats"
  agent_page "$name.page" && [ "$(payload "$name.mountstats")" = $(($(counted_payload "$name.page") + base)) ]
}

for source in api cri docker logs; do
  say "the agent starts, with $source for names"
  cat /proc/self/mountstats > "$out/$source.before.mountstats"
  base=$(payload "$out/$source.before.mountstats")
  NAMES_FROM=$source start_agent /lab/scenarios/pods/nfscope.yaml
  if [ $source = docker ]; then
    works $source web
  else
    works $source orders
    works $source etl
  fi
  settled $source
  [ $source = logs ] || stop_agent
done

say 'pods come and go'
mkdir "$(pod_field orders folder)/churn"
churn 30 5 4099 "$(pod_field orders folder)/churn" > $out/churn &
churner=$!
wait_until 60 'all have come and gone' test -s $out/churn
settled churn
stop_agent
# It may have cleaned up by now.
kill "$churner" 2> /dev/null || wait "$churner"
say 'done'
