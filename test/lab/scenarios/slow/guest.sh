# The network delays by 200 ms, and two pods read: each operation takes longer than the threshold. What the kernel's own
# tracepoint says of each operation is kept, and the spans.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

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
start_agent /lab/scenarios/slow/nfscope.yaml sh -c 'exec "$@" > /lab/out/debug' sh

say 'the network delays by 200 ms'
tc qdisc add dev client root netem delay 200ms
for version in 3 4; do
  for pod in orders etl; do in_cgroup "${!pod}" workload direct-read "/data$version/$pod-v$version" 16384; done
done > /dev/null
tc qdisc del dev client root

# slow: operations that took 200 ms or longer, as the kernel has them. spans: those that were told.
slow() { awk -F'execute=' '/rpc_stats_latency/ && $2 + 0 >= 200000' $tracing/trace | wc -l; }
spans() { grep -c '^  NFS ' $out/debug; }
wait_until 60 'as many spans as slow operations' eval '[ "$(spans)" -ge "$(slow)" ]'
echo 0 > $tracing/events/sunrpc/rpc_stats_latency/enable
agent_page $out/page
stop_agent
cp $tracing/trace $out/trace
say 'done'
