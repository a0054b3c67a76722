# A container runtime as a node has it: containerd and runc from Debian.

# pause_image NAME: an image that does nothing, for the sandboxes of pods.
pause_image() {
  local work=/run/pause
  mkdir -p $work/root/bin
  cp "$(command -v busybox)" $work/root/bin/busybox
  tar -C $work/root -cf $work/layer.tar bin
  printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/bin/busybox","sleep","1000000"]},' > $work/config.json
  printf '"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$(sha256sum < $work/layer.tar | cut -d' ' -f1)" >> $work/config.json
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$1" > $work/manifest.json
  tar -C $work -c manifest.json config.json layer.tar
}

# import_image FILE: what a kubelet finds then.
import_image() { ctr --namespace k8s.io images import "$1" > /dev/null; }

# container_runtime: containerd, listening, with the image for sandboxes.
container_runtime() {
  local pause=localhost/pause:1
  mkdir -p /etc/containerd /var/lib/containerd
  # The root of the guest is an overlay already, and one is not to be stacked on another.
  mount -t tmpfs tmpfs /var/lib/containerd
  cat > /etc/containerd/config.toml << END_OF_FILE
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  # Debian's kernel has AppArmor, and the guest no program to load a profile.
  disable_apparmor = true
END_OF_FILE
  containerd > /lab/out/containerd.log 2>&1 &
  wait_until 60 'containerd answers' eval 'ctr version > /dev/null 2>&1'
  pause_image $pause | import_image -
}
