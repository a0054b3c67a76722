# Mounts of every kind, in two mount namespaces: what nfscope says of them, and the mountinfo of each namespace, are kept.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

# both_say NAME: the mounts of each mount namespace as the kernel prints them, and as nfscope has them after that.
both_say() {
  local process namespace seen=' ' before
  for process in /proc/[0-9]*; do
    namespace=$(readlink "$process/ns/mnt") || continue
    namespace=${namespace//[^0-9]/}
    [[ $seen == *" $namespace "* ]] && continue
    seen="$seen$namespace "
    grep -E ' - nfs4? ' "$process/mountinfo" | sed "s/^/$namespace /" || true
  done > "$out/$1.mountinfo"
  before=$(grep -c '^  superblock' $out/debug)
  # Mounts are looked at every 10 s.
  wait_until 60 'mounts are looked at' eval '[ "$(grep -c "^  superblock" $out/debug)" -gt '"$before"' ]'
  sleep 2
  cp $out/debug "$out/$1.debug"
}

two_pods
set_pods "$orders_pod" "$etl_pod"
mkdir -p /srv/nas/deep /srv/nas/private /srv/nas/other /srv/nas/folder/below
mount -t tmpfs tmpfs /srv/nas/deep
echo '/srv/nas/deep *(rw,no_root_squash,fsid=7,no_subtree_check,insecure)' >> /etc/exports
exportfs -ra
say 'mounts of every kind'
nfs_mount 3 /shared
nfs_mount 3 /alone nosharecache
nfs_mount 4.2 /connections nosharecache,nconnect=4
ls /data4/deep
mkdir /bind
mount --bind /data3/folder/below /bind
volumes=/var/lib/kubelet/pods/$orders_uid
nfs_mount 4.1 "$volumes/volumes/kubernetes.io~nfs/archive"
mkdir -p "$volumes/volume-subpaths/archive/main/0"
mount --bind "$volumes/volumes/kubernetes.io~nfs/archive/folder" "$volumes/volume-subpaths/archive/main/0"

# shellcheck disable=SC2016
watched_agent /lab/scenarios/namespaces/nfscope.yaml bash -c 'exec "$@" > /lab/out/debug' --
# shellcheck disable=SC2016
in_cgroup "$etl" unshare -m bash -c '
  mkdir /private
  mount -t nfs -o vers=3,nolock,proto=tcp,nosharecache 127.0.0.1:/srv/nas/private /private
  workload write /private/file 262144 65536 fsync
  touch /run/mounted
  until [ -e /run/leave ]; do sleep 0.1; done' &
holder=$!
wait_until 60 'a container has a mount of its own' test -e /run/mounted
in_cgroup "$orders" workload write /alone/file 262144 65536 fsync
both_say mounted

say 'a mount goes and others come and go: the kernel gives numbers of clients again'
umount /alone
mkdir /again
for round in 1 2 3 4; do
  [ "$round" = 1 ] || umount /again
  mount -t nfs -o vers=3,nolock,proto=tcp,nosharecache 127.0.0.1:/srv/nas/other /again
  in_cgroup "$orders" workload write "/again/file$round" 131072 65536 fsync
  # Long enough for the agent to see each of them.
  sleep 2
done
sleep 2
both_say again
agent_page $out/page
touch /run/leave
wait $holder
stop_agent
say 'done'
