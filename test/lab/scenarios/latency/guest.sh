# The server is at the other end of a network that delays and loses packets. What the kernel and Prometheus counted is kept.
set -e
. /lab/guest/cluster.sh
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

# A v3 client sends again what was not answered in time, 0.3 s here; a v4 client only when its connection broke.
nfs_host=10.9.0.2
nfs_mount 3 /data3 timeo=3,rsize=8192,wsize=8192
nfs_mount 4.2 /data4 rsize=8192,wsize=8192
prometheus_server
say 'the agent starts'
start_agent /lab/scenarios/latency/nfscope.yaml
wait_until 120 'Prometheus scrapes the agent' eval 'query "up==1" | grep -q nfscope'
say 'waiting until nothing moves'
stand_still before

# One at a time. Where the kernel preempts, somebody else may have a turn between the end of our program and the kernel's reading of its own
# clock. Emulated, on 7.3, sums of execute were up to 12 us an operation apart with many writes at once, and less than 1 us with one at a time.
say 'many operations on a fast network'
for folder in /data3 /data4; do
  workload direct-write $folder/many-v${folder: -1} 4194304 4096
  workload direct-read $folder/many-v${folder: -1} 4096
done > /dev/null

say 'the network delays by 40 ms each way and loses one packet in twenty'
tc qdisc add dev client root netem delay 40ms 10ms loss 5%
tc -n nas qdisc add dev server root netem delay 40ms 10ms loss 5%
tc qdisc show dev client > $out/netem
# work FOLDER NAME. Both mounts are of one export, so names say which.
work() {
  local folder=$1/$2-v${1: -1}
  mkdir "$folder"
  workload write "$folder/file" 200001 8192 fsync
  workload direct-read "$folder/file" 8192
  workload metadata "$folder" 3
} > /dev/null
for folder in /data3 /data4; do
  say "work on $folder"
  work $folder work
done

# busy: whether something is under way on a connection to the server.
busy() { ss -Htn state established dst 10.9.0.2 | awk '$2 > 0 { busy = 1 } END { exit !busy }'; }
say 'connections break under work'
for folder in /data3 /data4; do
  workload direct-read $folder/work-v${folder: -1}/file 4096 > /dev/null &
  reader=$!
  breaks=0
  while [ $breaks -lt 3 ] && kill -0 $reader 2> /dev/null; do
    busy || continue
    ss -HtnK dst 10.9.0.2 dport = 2049 >> $out/killed
    breaks=$((breaks + 1))
  done
  wait $reader
done

tc qdisc del dev client root
tc -n nas qdisc del dev server root
say 'waiting until nothing moves'
stand_still after
stop_agent
