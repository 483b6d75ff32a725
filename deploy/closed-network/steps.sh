# shellcheck shell=bash disable=SC2164
# Task: T-306
# Steps that are done once: each leaves a stamp in the part's work folder, so that an interrupted build goes on where it stopped.
# WORK is the part's work folder; its name holds a hash of what the part is built from.

# step NAME COMMAND...: runs it in a subshell with its output in a log, unless its stamp is there
step() {
  local name=$1 log=$WORK/logs/$1.log began=$SECONDS status
  shift
  [ ! -e "$WORK/stamps/$name" ] || return 0
  say "$name ..."
  # in a plain command, because bash ignores errors in everything that a condition calls
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" != 0 ]; then
    tail -5 "$log" >&2
    fail "step $name failed after $((SECONDS - began)) s (all it said: $log); when that is put right, run build again: it goes on here"
  fi
  touch "$WORK/stamps/$name"
  say "$name: $((SECONDS - began)) s"
}
# image_step TAG COMMAND...: a step that is also to be done when its image has gone
image_step() {
  local tag=$1 name
  shift
  name=image-$(tr '/:' '--' <<<"${tag##*/}")
  has_image "$tag" || rm -f "$WORK/stamps/$name"
  step "$name" "$@"
}

# Neither a build step nor a container started here needs a network. The classic builder is in every engine and needs no plugin.
docker_build() { DOCKER_BUILDKIT=0 docker build --network none "$@"; }
# tree_image TAG TREE [docker import -c ...]: a tree as a one-layer image
tree_image() {
  local tag=$1 tree=$2
  shift 2
  mkdir -p "$tree/tmp"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$tree" -c . | docker import "$@" - "$tag"
}

# debian_mirror: where this machine gets Debian's packages from
debian_mirror() {
  local mirror=${DEBIAN_MIRROR:-}
  # shellcheck disable=SC2016
  [ "$mirror" ] || mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' | sed -n 's/^Debian Debian //p' | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
  [ "$mirror" ] || fail "this machine's apt knows no Debian mirror: let DEBIAN_MIRROR name one"
  echo "$mirror"
}

# program NAME MODULE@VERSION PACKAGE [BUILD FLAG...]: a program out of a Go module, as the module proxy serves it, in $WORK/bin
# CGO=1 links C, LD adds linker flags, PATCH is a script to run in the source.
program() { step "program-$1" build_program "$@"; }
build_program() {
  local name=$1 module=$2 package=$3 source=$WORK/src/$1 answer replaced
  shift 3
  answer=$(go mod download -json "$module")
  [ "$(jq -r .Sum <<<"$answer")" = "$(awk -v module="$module" '$1 == module {print $2}' "$HERE/modules.sum")" ] ||
    fail "$module has the sum $(jq -r .Sum <<<"$answer"), which is not the one in $HERE/modules.sum"
  rm -rf "$source"
  mkdir -p "$WORK/src" "$WORK/bin"
  cp -r "$(jq -r .Dir <<<"$answer")" "$source"
  chmod -R u+w "$source"
  cd "$source"
  rm -rf vendor go.work go.work.sum
  if [ -n "${PATCH:-}" ]; then bash -e "$PATCH"; fi
  # a replacement by a folder of the module's repository is not in the module
  for replaced in $(go mod edit -json | jq -r '.Replace // [] | .[] | select(.New.Path | startswith(".")) | .Old.Path'); do go mod edit -dropreplace "$replaced"; done
  CGO_ENABLED=${CGO:-0} go build -mod=mod -trimpath -buildvcs=false -ldflags "-s -w ${LD:-}" "$@" -o "$WORK/bin/$name" "$package"
  cd "$WORK"
  rm -rf "$source"
}
# tool_of_module NAME VERSION MODULE PACKAGE: a program out of its Go module, into the cache and for a PATH. It sets STATUS,
# and is called in a plain command, because bash ignores errors in everything that a condition calls.
# shellcheck disable=SC2034
tool_of_module() {
  WORK=$CACHE/build/$1-$2
  set +e
  (
    set -e
    mkdir -p "$WORK/stamps" "$WORK/logs" "$TOOLS/bin"
    # a stamp without its program is from a build whose result has gone
    [ -x "$WORK/bin/$1" ] || rm -f "$WORK/stamps/program-$1"
    program "$1" "$3@v$2" "$4"
    mv "$WORK/bin/$1" "$TOOLS/$1-$2"
    ln -sfn "../$1-$2" "$TOOLS/bin/$1"
    rm -rf "$WORK"
  )
  STATUS=$?
  set -e
}
# go_is_there: what building out of Go modules takes, of which jq is fetched; otherwise says in WHY what is missing
# shellcheck disable=SC2034
go_is_there() {
  have go || { WHY="Go 1.21 or newer is missing" && return 1; }
  have jq || ! have apt-get || ! is_root || apt_install jq
  have jq || { WHY="jq is missing, which building takes" && return 1; }
}
module_folder() { go mod download -json "$1" | jq -r .Dir; }

# archive PART TOOL... -- IMAGE...: tools, then images, so that the tools can be had without reading all of it.
# The node image holds one of the tools again: a window as large as the archive finds that.
archive() {
  local part=$1 folder=$WORK/archive content=tools
  shift
  rm -rf "$folder"
  mkdir -p "$folder/tools" "$BUNDLE"
  while [ "$1" != -- ]; do
    cp "$1" "$folder/tools/"
    shift
  done
  shift
  if [ $# != 0 ]; then
    docker save -o "$folder/images.tar" "$@"
    content="tools images.tar"
  fi
  # shellcheck disable=SC2086
  tar --sort=name --owner=0 --group=0 -C "$folder" -cf - $content |
    zstd -q -T0 -12 --long=30 -f -o "$BUNDLE/$part.tar.zst.new"
  rm -rf "$folder"
  mv "$BUNDLE/$part.tar.zst.new" "$BUNDLE/$part.tar.zst"
  (cd "$BUNDLE" && sha256sum -- *.tar.zst >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
}
