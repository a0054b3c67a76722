# Sourced into every job: a real NFS server on the loopback interface, mounts of it, and cgroups as a kubelet makes them.
unset BASH_ENV

# say TEXT: a line with the seconds since the guest booted.
say() { printf 'guest %6ss  %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }

# nfs_server: exports /srv/nas, a tmpfs, to this machine.
nfs_server() {
  modprobe -a nfsd nfs nfsv3 nfsv4 || return
  local tries
  mkdir -p /srv/nas /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs /var/lib/nfs/sm /run/rpcbind
  mount -t tmpfs tmpfs /srv/nas
  mount -t nfsd nfsd /proc/fs/nfsd
  # A tmpfs has no device number an NFS handle could be made of; fsid=0 also makes it the root that v4 mounts as "/".
  echo '/srv/nas *(rw,no_root_squash,fsid=0,no_subtree_check,insecure)' > /etc/exports
  touch /var/lib/nfs/etab /var/lib/nfs/rmtab
  # The packages were unpacked, not installed: the user rpcbind becomes is not there, and without it rpcbind ends silently.
  grep -q '^_rpc:' /etc/passwd || echo '_rpc:x:991:65534::/run/rpcbind:/usr/sbin/nologin' >> /etc/passwd
  rpcbind -w
  exportfs -ra
  # Ten is the least the kernel takes. The lease stays at its 90 s: a client renews it with SEQUENCE at two thirds of it,
  # and whoever compares counters wants that rarely.
  echo 10 > /proc/fs/nfsd/nfsv4gracetime
  rpc.nfsd 4 || return
  # Nobody holds state from before, and an OPEN would wait for the end of the grace period.
  echo Y > /proc/fs/nfsd/v4_end_grace
  rpc.mountd
  for tries in {1..50}; do
    rpcinfo -t 127.0.0.1 100005 3 > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo 'rpc.mountd did not register' >&2
  return 1
}

# nfs_mount VERSION FOLDER [OPTIONS]
nfs_mount() {
  mkdir -p "$2"
  case $1 in
    3) mount -t nfs -o "vers=3,nolock,proto=tcp${3:+,$3}" 127.0.0.1:/srv/nas "$2" ;;
    *) mount -t nfs -o "vers=$1,proto=tcp${3:+,$3}" 127.0.0.1:/ "$2" ;;
  esac
}

# pod_cgroup UID CONTAINER: makes the cgroup of a burstable pod's container and prints its path.
# The memory controller is on all the way down, as a kubelet has it: the kernel charges pages to that cgroup.
pod_cgroup() {
  local path=/sys/fs/cgroup part
  for part in kubepods burstable "pod$1" "$2"; do
    echo +memory > "$path/cgroup.subtree_control"
    path=$path/$part
    mkdir -p "$path"
  done
  echo "$path"
}

# in_cgroup PATH COMMAND...: runs it there from its first instruction.
in_cgroup() (
  echo "$BASHPID" > "$1/cgroup.procs"
  shift
  exec "$@"
)
