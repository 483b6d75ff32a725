# shellcheck shell=bash disable=SC2164
# Task: T-301 T-306
# Kind's node image: Kubernetes and what it runs on from Go modules, over a Debian root file system.
# kind, helm and kubectl come with it.

ETCD=3.7.0 COREDNS=1.14.6 PAUSE=3.10 POLICIES=0.8.0 # what kubeadm of this release asks for
CONTAINERD=github.com/containerd/containerd/v2@v2.4.2
STORAGE=docker.io/kindest/local-path-provisioner:v20260820-69b56db7 # the names that this kind has in its code
STORAGE_HELPER=docker.io/kindest/local-path-helper:v20260131-7181c60a
CONTROL_PLANE="kube-apiserver kube-controller-manager kube-scheduler kube-proxy"

# kube: apiserver, controller-manager, scheduler, proxy, kubelet, kubeadm and kubectl in one file (172 MB instead of 500)
kube() {
  mkdir -p "$WORK/bin"
  cd "$HERE/node/kube"
  CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags selinux -o "$WORK/bin/kube" -ldflags "-s -w \
    -X k8s.io/component-base/version.gitVersion=v$KUBERNETES -X k8s.io/component-base/version.gitMajor=1 \
    -X k8s.io/component-base/version.gitMinor=${KUBERNETES:2:2} -X k8s.io/client-go/pkg/version.gitVersion=v$KUBERNETES" .
}
programs() {
  local plugin
  # shellcheck disable=SC2153
  program kind "sigs.k8s.io/kind@v$KIND" .
  program helm "helm.sh/helm/v4@v$HELM" ./cmd/helm
  step program-kube kube
  CGO=1 LD=-extldflags=-static program runc github.com/opencontainers/runc@v1.4.3 . -tags "seccomp netgo osusergo"
  program containerd "$CONTAINERD" ./cmd/containerd -tags "no_aufs no_zfs no_btrfs no_devmapper"
  program ctr "$CONTAINERD" ./cmd/ctr
  program containerd-shim-runc-v2 "$CONTAINERD" ./cmd/containerd-shim-runc-v2
  program crictl sigs.k8s.io/cri-tools@v1.36.0 ./cmd/crictl
  for plugin in ipam/host-local main/loopback main/ptp meta/portmap; do program "${plugin##*/}" github.com/containernetworking/plugins@v1.9.1 "./plugins/$plugin"; done
  program etcd "go.etcd.io/etcd/server/v3@v$ETCD" .
  program coredns "github.com/coredns/coredns@v$COREDNS" .
  # it has no entry in the checksum database: the sum in modules.sum is what vouches for it
  GONOSUMDB=sigs.k8s.io/kube-network-policies PATCH=$HERE/node/nfqueue-target.sh program kube-network-policies "sigs.k8s.io/kube-network-policies@v$POLICIES" ./cmd
  program local-path-provisioner github.com/rancher/local-path-provisioner@v0.0.30 .
}

# Debian 12, because its systemd (252) runs on a host with cgroup v1, which 256 and newer refuse. Minikube comes in by ssh.
root() {
  local mirror
  mirror=$(debian_mirror)
  rm -rf "$WORK/root"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,libseccomp2,e2fsprogs,bash,ca-certificates,curl,jq,procps,openssh-server,sudo,rsync,socat \
    bookworm "$WORK/root" "$mirror"
  rm -rf "$WORK"/root/var/cache/apt/archives/*.deb "$WORK"/root/var/lib/apt/lists/* "$WORK"/root/usr/share/{man,info,locale}/*
}

# stage TREE PROGRAM...: programs of the root file system, with the libraries they load
stage() {
  local tree=$1 program library
  shift
  for program; do
    for library in $(chroot "$WORK/root" ldd "$program" | grep -o '/[^ ]*'); do
      mkdir -p "$tree${library%/*}"
      cp -L "$WORK/root$(chroot "$WORK/root" readlink -f "$library")" "$tree$library"
    done
    mkdir -p "$tree${program%/*}"
    cp "$WORK/root$(chroot "$WORK/root" readlink -f "$program")" "$tree$program"
  done
}
kube_image() {
  local tree=$WORK/img/kube name
  rm -rf "$tree"
  mkdir -p "$tree"/usr/{local/bin,lib,lib64,sbin}
  ln -s usr/lib "$tree/lib"
  ln -s usr/lib64 "$tree/lib64"
  cp "$WORK/bin/kube" "$tree/usr/local/bin/"
  for name in $CONTROL_PLANE; do ln -s kube "$tree/usr/local/bin/$name"; done
  # kube-proxy runs iptables, whose matches are libraries that load more libraries (statistic: libm)
  # shellcheck disable=SC2046
  stage "$tree" /usr/sbin/xtables-nft-multi /usr/sbin/nft /usr/sbin/conntrack $(cd "$WORK/root" && printf '/%s\n' usr/lib/x86_64-linux-gnu/xtables/*.so)
  for name in iptables ip6tables iptables-save iptables-restore ip6tables-save ip6tables-restore; do ln -s xtables-nft-multi "$tree/usr/sbin/$name"; done
  tree_image kube-all "$tree" -c 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  for name in $CONTROL_PLANE; do docker tag kube-all "registry.k8s.io/$name:v$KUBERNETES"; done
}
# one_program_image TAG PROGRAM PATH [docker import -c ...]
one_program_image() {
  local tag=$1 program=$2 path=$3 tree=$WORK/img/$2
  shift 3
  rm -rf "$tree"
  mkdir -p "$tree${path%/*}"
  cp "$program" "$tree$path"
  tree_image "$tag" "$tree" "$@"
}
images_of_control_plane() { # with what Kind puts beside it: policies, volumes
  local bin=$WORK/bin
  kube_image
  one_program_image "registry.k8s.io/etcd:$ETCD-0" "$bin/etcd" /usr/local/bin/etcd -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin'
  gcc -Os -static -o "$bin/pause" "$(module_folder "k8s.io/kubernetes@v$KUBERNETES")/build/pause/linux/pause.c"
  one_program_image "registry.k8s.io/pause:$PAUSE" "$bin/pause" /pause -c 'ENTRYPOINT ["/pause"]' -c 'USER 65535:65535'
  one_program_image "registry.k8s.io/coredns/coredns:v$COREDNS" "$bin/coredns" /coredns -c 'ENTRYPOINT ["/coredns"]'
  one_program_image "registry.k8s.io/networking/kube-network-policies:v$POLICIES" "$bin/kube-network-policies" /bin/netpol -c 'ENTRYPOINT ["/bin/netpol"]'
  one_program_image "$STORAGE" "$bin/local-path-provisioner" /usr/bin/local-path-provisioner -c 'ENV PATH=/usr/bin:/bin'
  docker tag alpine:3.23 "$STORAGE_HELPER"
}
names_of_control_plane() {
  local name
  for name in $CONTROL_PLANE; do echo "registry.k8s.io/$name:v$KUBERNETES"; done
  echo "registry.k8s.io/etcd:$ETCD-0" "registry.k8s.io/pause:$PAUSE" "registry.k8s.io/coredns/coredns:v$COREDNS" \
    "registry.k8s.io/networking/kube-network-policies:v$POLICIES" "$STORAGE" "$STORAGE_HELPER"
}

# bare_node_image: Kind's own base files, found in its module, over the root file system
bare_node_image() {
  local kind context=$WORK/context
  kind=$(module_folder "sigs.k8s.io/kind@v$KIND")
  rm -rf "$context"
  mkdir -p "$context/bin"
  cp -r "$kind/images/base/files" "$context/kind"
  chmod -R u+w "$context/kind"
  # modules carry no modes; set here and not by a RUN, which would store all the programs a second time
  chmod 755 "$context"/kind/kind "$context"/kind/kind/bin "$context"/kind/kind/bin/* "$context"/kind/usr/local/bin/*
  cp "$WORK"/bin/{kube,containerd,ctr,containerd-shim-runc-v2,crictl,runc,host-local,loopback,ptp,portmap} "$context/bin/"
  cp "$HERE"/node/{Dockerfile,cni.template,default-cni.yaml,no-leaks.nft,no-leaks.service} "$context/"
  # shellcheck disable=SC2016
  sed -n '/^const defaultStorageManifest = `/,/^`/p' "$kind/pkg/build/nodeimage/const_storage.go" |
    sed -e 1d -e '$d' -e "s#\` + storageProvisionerImage + \`#$STORAGE#; s#\` + storageHelperImage + \`#$STORAGE_HELPER#" >"$context/default-storage.yaml"
  tar -C "$WORK/root" -c . | docker import - node-root
  docker_build -t node-bare --build-arg "KUBERNETES=$KUBERNETES" "$context"
}
# node_image: the images of the control plane go into the node's own store, as `kind build node-image` puts them there
node_image() {
  local container tries=0
  images_of_control_plane
  bare_node_image
  container=$(docker run -d --network none --entrypoint sleep node-bare infinity)
  # shellcheck disable=SC2064
  trap "docker rm -f $container" EXIT
  docker exec -d "$container" containerd
  until docker exec "$container" ctr version >/dev/null 2>&1; do
    [ $((tries += 1)) -lt 300 ] || fail "containerd does not start in the node image"
    sleep 0.2
  done
  # shellcheck disable=SC2046
  docker save $(names_of_control_plane) | docker exec -i "$container" ctr -n k8s.io images import --all-platforms --no-unpack --digests -
  # shellcheck disable=SC2016
  docker exec "$container" sh -c 'p=$(pidof containerd); kill "$p"; while kill -0 "$p" 2>/dev/null; do sleep 0.1; done; rm -rf /run/containerd/* /tmp/*'
  docker commit --change 'ENTRYPOINT [ "/usr/local/bin/entrypoint", "/sbin/init" ]' "$container" "kindest/node:v$KUBERNETES"
}
# tidy: only the node image is wanted, and these are in it
tidy() {
  # shellcheck disable=SC2046
  docker image rm --no-prune $(names_of_control_plane) kube-all node-bare node-root
}

steps_of_node() {
  programs
  step root root
  image_step "kindest/node:v$KUBERNETES" node_image
  # shellcheck disable=SC2046
  step archive archive node "$WORK"/bin/{kind,helm,kube} -- $(images_of node)
  tidy >/dev/null 2>&1 || true
}
