# Runs in a container, whose volume is /data: writes and reads what $1 names. Odd lengths, so that the last block is short.
file=/data/$1
/workload write "$file-buffered" 300001 65536
/workload write "$file-synced" 70003 4096 fsync
/workload direct-write "$file-direct" 131072 65536
/workload read "$file-buffered" 65536
/workload direct-read "$file-direct" 65536
/bin/busybox mkdir "$file"
/workload metadata "$file" 1
