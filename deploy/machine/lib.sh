# shellcheck shell=bash
# Task: T-305
# What the scripts of deploy/machine and deploy/closed-network share. Sourced; needs nothing newer than bash 3.2, so that macOS gets its sentence.
PATH=$PATH:/usr/sbin:/sbin # Debian keeps dockerd and iptables from a user's path

SECONDS=${ELAPSED:-0}
# say TEXT: a progress line, with the seconds since the script began, or since the one that called it did (ELAPSED)
say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }
# fail SENTENCE: what is wrong and what to do; ends the script
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
is_ubuntu() { grep -qs '^ID=ubuntu' /etc/os-release; }
docker_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
has_buildx() { docker buildx version >/dev/null 2>&1; }

# candidate PACKAGE: the version that apt could install; fails where it knows none
candidate() { have apt-cache && apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: *\([^(]\)/\1/p' | grep .; }
# apt_install PACKAGE...: without a refresh where apt's lists know the packages already (some seconds), with one otherwise
apt_install() {
  # a configuration file of the user's stays as it is, without a question
  local install="apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  $install "$@" >/dev/null 2>&1 && return
  apt-get update -qq >/dev/null || fail "apt-get update failed: see that this machine reaches its Debian packages"
  # shellcheck disable=SC2086
  $install "$@" >/dev/null || fail "apt-get could not install: $*"
}

# bit 24 of the capability bounding set is CAP_SYS_RESOURCE
lacks_cap_sys_resource() {
  [ -r /proc/self/status ] || return 1
  [ $((0x$(awk '/^CapBnd/ {print $2}' /proc/self/status) >> 24 & 1)) = 0 ]
}
# Docker before 23 asks for that capability in privileged containers all the same, and runc then refuses to start them
needs_bounded_runtime() {
  local version
  lacks_cap_sys_resource || return 1
  version=$(dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
  [ "${version:-23}" -lt 23 ]
}

has_python() { python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_node() { [ "$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')" -ge 20 ] 2>/dev/null; }
has_browser() {
  local name
  for name in chromium google-chrome google-chrome-stable chromium-browser; do have "$name" && return; done
  return 1
}

# missing_programs [--with-node | --for-tests]: a line for each that is not here: Debian's package, a blank, what it is
missing_programs() {
  if [ "${1:-}" != --for-tests ]; then
    if ! docker_answers; then
      have dockerd || echo "docker.io a running Docker engine"
      have docker || ! candidate docker-cli >/dev/null || echo "docker-cli the docker command"
      if have dockerd && ! have iptables; then echo "iptables iptables, for Docker's networks"; fi
      if lacks_cap_sys_resource && ! have jq; then echo "jq jq, for containers on a host without CAP_SYS_RESOURCE"; fi
    fi
    have xz || echo "xz-utils xz, for the bundle of images"
  fi
  has_python || echo "python3-venv Python 3.11 or newer with venv"
  # Ubuntu's package of that name is a snap, which is the user's own to choose
  is_ubuntu || has_browser || echo "chromium Chromium, for the browser scenarios"
  if [ "${1:-}" ]; then
    has_node || echo "nodejs Node.js 20 or newer"
    have npm || echo "npm npm"
  fi
}
