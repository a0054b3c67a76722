# A node with two pods on two mounts of one export: shop/orders and data/etl. Source it after cluster.sh.

orders_uid=3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d
orders_container=$(printf '01234567%.0s' {1..8})
etl_uid=a0b1c2d3-e4f5-4607-8899-aabbccddeeff
etl_container=$(printf '89abcdef%.0s' {1..8})
orders_pod=$(pod_object shop orders $orders_uid "$orders_container")
etl_pod=$(pod_object data etl $etl_uid "$etl_container")

# two_pods [OPTION...]: NFS server, mounts, cgroups ($orders, $etl), API server and Prometheus with these options. The API server knows orders only.
two_pods() {
  say 'NFS server and two mounts'
  nfs_server
  nfs_mount 3 /data3
  nfs_mount 4.2 /data4
  orders=$(pod_cgroup $orders_uid "$orders_container")
  etl=$(pod_cgroup $etl_uid "$etl_container")
  echo "$orders_container" > /lab/out/orders.container
  echo "$etl_container" > /lab/out/etl.container
  set_pods "$orders_pod"
  api_server
  prometheus_server "$@"
}

# watched_agent CONFIG [COMMAND...]: as start_agent, and waits until Prometheus scrapes it.
watched_agent() {
  say 'the agent starts'
  start_agent "$@"
  wait_until 120 'Prometheus scrapes the agent' while_agent eval 'query "up==1" | grep -q nfscope'
}

# work POD FOLDER: odd lengths, so that the last block is short. Both mounts are of one export, so names say which.
work() {
  local file=$2/$1-v${2: -1}
  workload write "$file-buffered" 3000001 65536
  workload write "$file-synced" 700003 4096 fsync
  workload direct-write "$file-direct" 1048576 131072
  workload read "$file-buffered" 65536
  workload direct-read "$file-direct" 65536
  mkdir "$file"
  workload metadata "$file" 3
}

# work_of POD CGROUP FOLDER: that work in that cgroup, what it moved added to out/POD.work.
work_of() { in_cgroup "$2" bash -c "$(declare -f work); work $1 $3" >> "/lab/out/$1.work"; }

# orders_works: orders on both mounts.
orders_works() {
  local folder
  for folder in /data3 /data4; do
    say "orders works on $folder"
    work_of orders "$orders" $folder
  done
}

# etl_works: etl on both mounts. The API server learns of the pod only after its first operation, as on a real node.
etl_works() {
  local folder
  say 'etl works on both mounts, and only then the API server knows it'
  for folder in /data3 /data4; do work_of etl "$etl" $folder; done
  set_pods "$orders_pod" "$etl_pod"
  say 'etl dirties mappings and is gone before they are written'
  for folder in /data3 /data4; do
    in_cgroup "$etl" workload map "$folder/etl-mapped-v${folder: -1}" 500009 >> /lab/out/etl.work
    in_cgroup "$etl" workload map "$folder/etl-mapped-late-v${folder: -1}" 250007 early >> /lab/out/etl.work
  done
}
