# shellcheck shell=bash
# Task: T-306
# What build, load and auto share: the versions, and what each part of the bundle holds.
# shellcheck disable=SC2034
# shellcheck source-path=SCRIPTDIR source=../machine/lib.sh
. "${BASH_SOURCE[0]%/*}/../machine/lib.sh"

KUBERNETES=1.37.0
KIND=0.33.0
HELM=4.3.1
HELM3=3.10.3 # the oldest that is supported
MINIKUBE=1.38.1
BUILDX=0.13.1
TRAEFIK=3.6.12
METRICS_SERVER=0.9.0
PROMETHEUS=3.16.0
GRYPE=0.110.0
DISTRIBUTION=3.0.0

REPOSITORY=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
ALL_PARTS="node base addons minikube monitoring"
DEFAULT_PARTS="node base addons monitoring" # what an acceptance run needs
CACHE=${KUBE_ACCEPTANCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-acceptance}
TOOLS=$CACHE/tools # NAME-VERSION each, and bin/ with their plain names for a PATH
MINIKUBE_IMAGE=minikube-node:v$KUBERNETES # built over Kind's, in seconds: not in the bundle

images_of() { # PART
  case $1 in
    node) echo "kindest/node:v$KUBERNETES" ;;
    base) echo alpine:3.23 python:3.13-alpine node:22-alpine postgres:17-alpine ;;
    addons) echo "traefik:v$TRAEFIK registry.k8s.io/metrics-server/metrics-server:v$METRICS_SERVER" ;;
    monitoring) echo "prom/prometheus:v$PROMETHEUS" ;;
  esac
}
tools_of() { # PART: NAME-VERSION...
  case $1 in
    node) echo "kind-$KIND helm-$HELM kube-$KUBERNETES" ;;
    base) echo "docker-buildx-$BUILDX" ;;
    minikube) echo "minikube-$MINIKUBE" ;;
  esac
}
has_image() { docker image inspect "$1" >/dev/null 2>&1; }
# mend_node_image: a bundle's node image from before pods kept their address between nodes gets what it lacks, under its own name.
# Upstream's image, which has no such template, is left alone.
mend_node_image() {
  local node="kindest/node:v$KUBERNETES"
  has_image "$node" || return 0
  [ -z "$(docker image inspect --format '{{index .Config.Labels "kube-acceptance/pod-addresses"}}' "$node")" ] || return 0
  docker run --rm --network none --entrypoint test "$node" -f /etc/containerd/cni.template || return 0
  say "mending $node: its pods keep their address between nodes"
  DOCKER_BUILDKIT=0 docker build --quiet --network none --tag "$node" --build-arg "NODE=$node" --file "$REPOSITORY/deploy/closed-network/node/mended.Dockerfile" "$REPOSITORY/deploy/closed-network/node" >/dev/null 2>&1 ||
    fail "$node cannot be mended: see what this says: docker build --file deploy/closed-network/node/mended.Dockerfile --build-arg NODE=$node deploy/closed-network/node"
}
missing_images() { # PART
  local image
  for image in $(images_of "$1"); do has_image "$image" || echo "$image"; done
}
missing_tools_of() { # PART
  local tool
  for tool in $(tools_of "$1"); do [ -x "$TOOLS/$tool" ] || echo "$tool"; done
}
is_part() { case " $ALL_PARTS " in *" $1 "*) ;; *) return 1 ;; esac; }

bundle_folders() { printf '%s\n' "${KUBE_ACCEPTANCE_BUNDLE:-}" "${REPOSITORY%/*}/shared/closed-network/bundle" "$CACHE/bundle" | sed '/^$/d'; }
archive_of() { # PART: its archive in the first folder that holds one
  local folder file
  while read -r folder; do
    for file in "$folder/$1.tar.zst" "$folder/$1.tar.xz"; do
      if [ -f "$file" ]; then echo "$file" && return; fi
    done
  done < <(bundle_folders)
  return 1
}
