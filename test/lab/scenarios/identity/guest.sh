# A process of a job reads from a server that stands still for some seconds, on v3 and on v4.2.
set -e
. /lab/guest/cluster.sh
. /lab/guest/pods.sh
out=/lab/out

two_pods
set_pods "$orders_pod" "$etl_pod"
mkdir -p /data3/lake/v3 /data4/lake/v4
for version in 3 4; do
  workload write /data$version/lake/v$version/part-0 131072 65536 > /dev/null
  workload write /data$version/lake/v$version/part-1 65536 65536 > /dev/null
done
# The name of a process is that of its program.
cp "$(command -v workload)" /run/train_model
chmod 755 /run/train_model
(cd /data3 && stat -c '%i %n' . lake lake/v3 lake/v4) > $out/folders
watched_agent /lab/scenarios/identity/nfscope.yaml sh -c 'exec "$@" > /lab/out/debug' sh

# of_job CGROUP JOB COMMAND...: as a user, in a pod, with a job in an environment as long as those of real ones.
of_job() {
  local cgroup=$1 job=$2 padding
  shift 2
  # The text behind 117 letters is where the second piece of the variable begins that the kernel side reads.
  padding=$(printf 'x%.0s' {1..117})SLURM_JOB_ID=wrong$(printf 'x%.0s' {1..2000})
  in_cgroup "$cgroup" setpriv --reuid 1000 --regid 1000 --clear-groups \
    env LS_COLORS="$padding" NOT_SLURM_JOB_ID=wrong SLURM_JOB_ID_OLD=wrong SLURM_JOB_ID="$job" "$@"
}

# Files of metadata operations are known from the first read on.
of_job "$etl" 4711 /run/train_model direct-read /data3/lake/v3/part-1 65536 > /dev/null

for version in 3 4; do
  folder=/data$version/lake/v$version
  rm -f /run/go
  say "a process of etl opens a file on v$version, then the server stops"
  of_job "$etl" 4711 /run/train_model direct-read $folder/part-0 65536 hold /run/go > /run/read$version &
  reader=$!
  wait_until 30 'the file is open' test -s /run/read$version
  read -r tgid < "$etl/cgroup.procs"
  rpc.nfsd 0
  touch /run/go
  # Something of its folder, too, that nobody has asked the server for yet.
  of_job "$etl" 4711 ls /data$version/lake/v$version/absent > /dev/null 2>&1 &
  lister=$!
  sleep 6
  say 'and goes on'
  rpc.nfsd 4
  # Refused where the server skipped its grace period, as on 5.10, which knows by then that nobody has anything to reclaim.
  echo Y > /proc/fs/nfsd/v4_end_grace || true
  wait $reader
  wait $lister || true
  read -r _ bytes inode < <(grep direct-read /run/read$version)
  echo "$version $bytes $inode $tgid" >> $out/slow
done

say 'files that are busy and nothing else'
for version in 3 4; do
  file=/data$version/lake/v$version/busy
  workload write $file 8388608 1048576 fsync > /dev/null
  echo "$version $(stat -c %i $file)" >> $out/busy
  # One read in 1024 tells its path, the first before the thousandth.
  of_job "$etl" 4711 /run/train_model direct-read $file 4096 > /dev/null
done

say 'two jobs share a pod'
of_job "$orders" 1 /run/train_model direct-read /data3/lake/v3/part-1 65536 > /dev/null
of_job "$orders" 2 /run/train_model direct-read /data3/lake/v3/part-1 65536 > /dev/null
say 'an access control list'
of_job "$etl" 4711 ls -l /data3/lake/v3 > /dev/null

say 'waiting until nothing moves'
stand_still after
stop_agent
