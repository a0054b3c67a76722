# Sourced into every job: a real NFS server on the loopback interface, mounts of it, and cgroups as a kubelet makes them.
unset BASH_ENV

# say TEXT: a line with the seconds since the guest booted.
say() { printf 'guest %6ss  %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }

# nfs_server: exports /srv/nas, a tmpfs, to this machine.
nfs_server() {
  modprobe -a nfsd nfs nfsv3 nfsv4 || return
  local tries
  mkdir -p /srv/nas /var/lib/nfs/{nfsdcld,rpc_pipefs,sm} /run/rpcbind
  mount -t tmpfs tmpfs /srv/nas
  mount -t rpc_pipefs rpc_pipefs /var/lib/nfs/rpc_pipefs
  mount -t nfsd nfsd /proc/fs/nfsd
  # A tmpfs has no device number an NFS handle could be made of; fsid=0 also makes it the root that v4 mounts as "/".
  echo '/srv/nas *(rw,no_root_squash,fsid=0,no_subtree_check,insecure)' > /etc/exports
  touch /var/lib/nfs/etab /var/lib/nfs/rmtab
  # The packages were unpacked, not installed: the user rpcbind becomes is not there, and without it rpcbind ends silently.
  grep -q '^_rpc:' /etc/passwd || echo '_rpc:x:991:65534::/run/rpcbind:/usr/sbin/nologin' >> /etc/passwd
  rpcbind -w
  exportfs -ra
  # It knows that no client holds state from before, and the kernel skips the grace period, in which every OPEN would wait.
  # Debian's 7.x has no other way to keep track of clients.
  nfsdcld || return
  # Ten is the least the kernel takes, for a server that is started again. The lease stays at its 90 s: a client renews it
  # with SEQUENCE at two thirds of it, and whoever compares counters wants that rarely.
  echo 10 > /proc/fs/nfsd/nfsv4gracetime
  rpc.nfsd 4 || return
  rpc.mountd
  for tries in {1..50}; do
    rpcinfo -t 127.0.0.1 100005 3 > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo 'rpc.mountd did not register' >&2
  return 1
}

# nfs_server_ends: takes it away again, and every module of NFS with it.
nfs_server_ends() {
  local tries
  rpc.nfsd 0
  exportfs -ua
  # shellcheck disable=SC2046
  kill $(pidof rpc.mountd nfsdcld rpcbind)
  umount /proc/fs/nfsd
  # What used them lets go in its own time.
  umount -l /srv/nas /var/lib/nfs/rpc_pipefs
  # A transport is closed a moment after its last user is gone, and holds its module until then.
  for tries in {1..60}; do
    modprobe -qra nfsv3 nfsv4 nfsd nfs 2> /dev/null || true
    modprobe -qra nfs_layout_flexfiles nfs_layout_nfsv41_files lockd rpcsec_gss_krb5 auth_rpcgss sunrpc 2> /dev/null || true
    grep -q '^sunrpc ' /proc/modules || return 0
    sleep 0.5
  done
  echo "sunrpc stays loaded, $tries tries: $(grep ^sunrpc /proc/modules)" >&2
  return 1
}

# nfs_mount VERSION FOLDER [OPTIONS]: from $nfs_host, this machine when that is not set.
nfs_mount() {
  local host=${nfs_host:-127.0.0.1}
  mkdir -p "$2"
  case $1 in
    3) mount -t nfs -o "vers=3,nolock,proto=tcp${3:+,$3}" "$host:/srv/nas" "$2" ;;
    *) mount -t nfs -o "vers=$1,proto=tcp${3:+,$3}" "$host:/" "$2" ;;
  esac
}

# skip REASON: ends the job; the run is counted as skipped for it. For what this kernel cannot do, never for what fails.
skip() {
  echo "$*" > /lab/out/skipped
  exit 0
}

# Where the cgroup hierarchies are: one on v2, many on v1 and hybrid (lab.cgroup, see init.sh).
if [ -e /sys/fs/cgroup/cgroup.procs ]; then cgroup_roots=(/sys/fs/cgroup); else cgroup_roots=(/sys/fs/cgroup/*); fi

# pod_cgroup UID CONTAINER: makes the cgroup of a burstable pod's container and prints its path in the first hierarchy.
# The memory controller is on all the way down, as a kubelet has it: the kernel charges pages to that cgroup.
pod_cgroup() {
  local root path part
  for root in "${cgroup_roots[@]}"; do
    path=$root
    for part in kubepods burstable "pod$1" "$2"; do
      if grep -qs memory "$path/cgroup.controllers"; then echo +memory > "$path/cgroup.subtree_control"; fi
      path=$path/$part
      mkdir -p "$path"
    done
  done
  echo "${path/#"$root"/${cgroup_roots[0]}}"
}

# in_cgroup PATH COMMAND...: runs it there, in every hierarchy, from its first instruction.
in_cgroup() (
  for root in "${cgroup_roots[@]}"; do echo "$BASHPID" > "${1/#"${cgroup_roots[0]}"/$root}/cgroup.procs"; done
  shift
  exec "$@"
)

# procs_of PATH: the files through which a process enters that cgroup, in every hierarchy.
procs_of() {
  local root
  for root in "${cgroup_roots[@]}"; do echo "${1/#"${cgroup_roots[0]}"/$root}/cgroup.procs"; done
}

# less_memory PATH: 4 MiB for all that is in that cgroup, where memory can be limited; more_memory PATH takes it back. On v2 by
# memory.high, which reclaims and never kills: with memory.max a writer on 6.12 is now and then out of memory before NFS is done.
less_memory() { limit_memory "$1" 4194304; }
more_memory() { limit_memory "$1" -1; }
# pressure PATH: how often the kernel had to reclaim there for want of memory; nothing where memory cannot be limited.
pressure() {
  local file
  for file in $(procs_of "$1"); do
    file=${file%/*}/memory
    if [ -e "$file.events" ]; then sed -n 's/^high //p' "$file.events"; fi
    if [ -e "$file.failcnt" ]; then cat "$file.failcnt"; fi
  done
}
limit_memory() {
  local file
  for file in $(procs_of "$1"); do
    file=${file%/*}/memory
    if [ -e "$file.high" ]; then echo "${2/#-1/max}" > "$file.high"; fi
    if [ -e "$file.limit_in_bytes" ]; then echo "$2" > "$file.limit_in_bytes"; fi
  done
}
