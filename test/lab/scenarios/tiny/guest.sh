# 500 containers that live as long as one process which reads one file; their cgroups are gone at once. The agent is stopped
# meanwhile: under emulation it would otherwise have more time for each of them than it ever has on a real node.
set -e
. /lab/guest/cluster.sh
out=/lab/out

nfs_server
nfs_mount 3 /data3
nfs_mount 4.2 /data4
workload write /data3/input 16384 4096 > /dev/null
say 'the agent starts'
"${agent_rights[@]}" nfscope run --config /lab/scenarios/tiny/nfscope.yaml > $out/debug 2>> $out/agent.log &
agent=$!
wait_until 180 'the agent has read the totals' grep -sq ' nfs sources=' $out/debug
keep_rights
sleep 2
cat /proc/self/mountstats > $out/before.mountstats

say '500 containers'
pod=$(dirname "$(pod_cgroup 7a1e0c55-0000-4000-8000-1234567890ab first)")
echo +memory > "$pod/cgroup.subtree_control"
kill -STOP $agent
for number in {1..500}; do
  printf -v cgroup '%s/%064x' "$pod" "$number"
  mkdir "$cgroup"
  in_cgroup "$cgroup" workload direct-read /data$((3 + number % 2))/input 4096 >> $out/tiny.work
  rmdir "$cgroup"
done
cat /proc/self/mountstats > $out/after.mountstats
kill -CONT $agent
sleep 5
stop_agent
