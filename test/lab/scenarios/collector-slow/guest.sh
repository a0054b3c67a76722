# The network delays by 200 ms, and two pods read: a real Collector gets the spans and the exemplars that lead to them, by OTLP/gRPC
# and by OTLP/HTTP. What the kernel's own tracepoint says of each operation is kept, and how many spans were dropped on purpose.
set -e
. /lab/guest/cluster.sh
. /lab/guest/collector.sh
. /lab/guest/pods.sh
out=/lab/out

collector_server
say 'an NFS server in a network namespace of its own'
modprobe -a veth sch_netem nfs nfsv3 nfsv4 nfsd
ip netns add nas
ip link add client type veth peer name server netns nas
ip address add 10.9.0.1/24 dev client
ip link set client up
ip -n nas address add 10.9.0.2/24 dev server
ip -n nas link set server up
ip -n nas link set lo up
ip netns exec nas bash -c '. /lab/guest/nfs.sh; nfs_server'
nfs_host=10.9.0.2
nfs_mount 3 /data3
nfs_mount 4.2 /data4
orders=$(pod_cgroup $orders_uid "$orders_container")
etl=$(pod_cgroup $etl_uid "$etl_container")
set_pods "$orders_pod" "$etl_pod"
api_server
for version in 3 4; do
  for pod in orders etl; do in_cgroup "${!pod}" workload write "/data$version/$pod-v$version" 131072 65536 fsync; done
done > /dev/null

tracing=/sys/kernel/tracing
echo 4096 > $tracing/buffer_size_kb
echo 1 > $tracing/events/sunrpc/rpc_stats_latency/enable
say 'the agent starts'
start_agent /lab/scenarios/collector-slow/nfscope.yaml

say 'the network delays by 200 ms'
tc qdisc add dev client root netem delay 200ms
for version in 3 4; do
  for pod in orders etl; do in_cgroup "${!pod}" workload direct-read "/data$version/$pod-v$version" 16384; done
done > /dev/null
tc qdisc del dev client root

# slow: operations that took 200 ms or longer, as the kernel has them. dropped: those of them that the connector with the cap left out.
slow() { awk -F'execute=' '/rpc_stats_latency/ && $2 + 0 >= 200000' $tracing/trace | wc -l; }
dropped() { busybox wget -q -O - http://127.0.0.1:8888/metrics | sed -n 's/^nfscope_traces_dropped_total{.*connector="traces\/capped".*reason="rate".*} //p'; }
spans() { grep -o '"spanId":' "$out/traces.$1" | wc -l; }
# Each became a span of either connector, or was dropped by the one with the cap.
for way in grpc http; do
  wait_until 60 "a span of each slow operation by $way" eval "[ \$(spans $way) -ge \$((2 * \$(slow) - \$(dropped))) ]"
done
echo 0 > $tracing/events/sunrpc/rpc_stats_latency/enable
dropped > $out/dropped
cat /proc/self/mountstats > $out/mountstats
more_metrics
busybox wget -q -O $out/page --header 'Accept: application/openmetrics-text;version=1.0.0' http://127.0.0.1:9464/metrics
stop_agent
cp $tracing/trace $out/trace
stop_collector
say 'done'
