# The scenario two-pods with the agent in a pod: the image in containerd, with what deploy/kubernetes/daemonset.yaml says.
set -e
. /lab/guest/cluster.sh
. /lab/guest/containerd.sh

say 'containerd starts and takes the image'
container_runtime
import_image /lab/nfscope.oci.tar

# The manifest says how it runs; the words that follow in a scenario are those of an agent without a container.
nfscope() { exec pod /lab/pod.json /lab/out/pod; }
. /lab/scenarios/two-pods/guest.sh
find /sys/fs/bpf/nfscope -type f -printf '%f\n' > /lab/out/pins
