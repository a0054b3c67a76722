#!/bin/bash
# First process of the guest: mounts what a node has, runs /lab/job.sh or a shell, powers off.
export PATH=/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C TERM="${TERM:-linux}"
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec > /dev/ttyS0 2>&1
# Before there is a /tmp, in which the repository may be.
mkdir -p /nfscope
mount --bind "$(cat /lab/repository)" /nfscope
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for folder in /dev/shm /run /tmp; do mount -t tmpfs tmpfs "$folder"; done
ln -sf /proc/self/fd /dev/fd
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
# Cgroups as the kernel's command line asks: v2; v1, a hierarchy for each controller as systemd has them; or those and v2
# beside them without a controller (hybrid).
layout=v2
case " $(< /proc/cmdline) " in *' lab.cgroup=v1 '*) layout=v1 ;; *' lab.cgroup=hybrid '*) layout=hybrid ;; esac
if [ $layout = v2 ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs tmpfs /sys/fs/cgroup
  hierarchy() { mkdir "/sys/fs/cgroup/$1" && mount -t "$2" -o "$3" "$2" "/sys/fs/cgroup/$1"; }
  hierarchy systemd cgroup none,name=systemd
  # Debian's 6.12 and later have no memory controller for v1.
  for controller in memory cpu,cpuacct pids; do hierarchy $controller cgroup $controller || rmdir /sys/fs/cgroup/$controller; done
  [ $layout = v1 ] || hierarchy unified cgroup2 nsdelegate
fi
date -s "@$LAB_CLOCK" > /dev/null
hostname lab
ip link set lo up

# Waits for the end without a program: the folders of the host go first.
power_off() {
  sync
  mkfifo /run/never
  echo o > /proc/sysrq-trigger
  read -r < /run/never
}

# One that is left would hold the pipe below open, and the guest with it.
kill_all_but() {
  local process
  for process in /proc/[0-9]*; do
    process=${process#/proc/}
    [ "$process" = 1 ] || [ "$process" = "$1" ] || kill -9 "$process"
  done 2> /dev/null
}

if [ "$LAB_MODE" = shell ]; then
  stty -F /dev/ttyS1 rows "$LAB_ROWS" cols "$LAB_COLUMNS"
  cd /lab
  setsid -c bash --rcfile /lab/guest/nfs.sh -i < /dev/ttyS1 > /dev/ttyS1 2>&1
  echo $? > /lab/status
  power_off
fi

# Opened once: a second open of the port would be refused, so the job writes to a pipe.
until port=$(compgen -G '/dev/vport*p1'); do sleep 0.05; done
mkfifo /run/output
cat /run/output > "$port" &
reader=$!
cd /lab || exit
BASH_ENV=/lab/guest/nfs.sh setsid bash /lab/job.sh > /run/output 2>&1 < /dev/null
status=$?
kill_all_but "$reader"
wait "$reader"
echo "$status" > /lab/status
power_off
