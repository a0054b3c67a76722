# Docker as Debian has it, in the containerd that runs: source it after containerd.sh.

# docker_engine: dockerd, listening, with the image that containerd has for sandboxes.
docker_engine() {
  mkdir -p /var/lib/docker
  # As for containerd: the root of the guest is an overlay already.
  mount -t tmpfs tmpfs /var/lib/docker
  # The guest has no network for containers.
  dockerd --iptables=false --ip6tables=false --bridge=none --exec-opt native.cgroupdriver=cgroupfs > /lab/out/dockerd.log 2>&1 &
  wait_until 60 'Docker answers' eval 'docker version > /dev/null 2>&1'
  pause_image localhost/pause:1 | docker load > /dev/null
}
