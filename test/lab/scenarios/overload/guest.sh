# The agent stands still while two pods do more operations than its event ring holds.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh

two_pods
set_pods "$orders_pod" "$etl_pod"
watched_agent /lab/scenarios/overload/nfscope.yaml
say 'waiting until nothing moves'
stand_still before

kill -STOP "$agent"
for folder in /data3 /data4; do
  say "both pods work on $folder, the agent is stopped"
  work_of orders "$orders" $folder
  work_of etl "$etl" $folder
  # 512 operations of 4 KiB each, twice: the ring has room for 682 events of 96 bytes.
  in_cgroup "$orders" workload direct-write "$folder/orders-many-v${folder: -1}" 2097152 4096 >> /lab/out/orders.work
  in_cgroup "$orders" workload direct-read "$folder/orders-many-v${folder: -1}" 4096 >> /lab/out/orders.work
done
kill -CONT "$agent"

say 'waiting until nothing moves'
stand_still after
stop_agent
