#!/bin/sh
# Task: T-414
# One archive of the database and its checksum. An archive has its final name only when it is whole; nothing older goes before that.
# No pipes: each command's own status decides.
# From the environment: PGHOST PGPORT PGUSER PGDATABASE, PASSWORD_FILE, FOLDER, KEEP (archives), MINIMUM_BYTES.
set -eu
umask 077
cd "$FOLDER"

fail() { echo "backup failed: $*" >&2; exit 1; }

# What a killed backup left; no backup takes an hour.
find . -maxdepth 1 -name '.partial.*' -mmin +60 -delete
partial=$(mktemp .partial.XXXXXX)
trap 'rm -f "$partial" "$partial.sha256"' EXIT
trap 'exit 143' TERM

# Where there is no terminal the password is read from the standard input: it stands in no environment and no command line.
pg_dump --password --format=custom --file="$partial" <"$PASSWORD_FILE" || fail "pg_dump of $PGDATABASE at $PGHOST ended with status $?"

bytes=$(stat -c %s "$partial")
[ "$bytes" -ge "$MINIMUM_BYTES" ] || fail "the archive has $bytes bytes, at least $MINIMUM_BYTES were expected"
pg_restore --file=/dev/null "$partial" || fail "the archive cannot be read back"

name=$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump
[ ! -e "$name" ] || fail "$name is there already"
checksum=$(sha256sum "$partial")
printf '%s  %s\n' "${checksum%% *}" "$name" >"$partial.sha256"
sync
mv "$partial.sha256" "$name.sha256"
mv "$partial" "$name"
echo "backup written: $name, $bytes bytes"

# Only what has a name of this script's making goes, and never what it has just made, even if the clock went back. The glob sorts by name,
# which is by time: the oldest come first.
day='[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' time='[0-9][0-9][0-9][0-9][0-9][0-9]'
# shellcheck disable=SC2086
set -- "$PGDATABASE"-${day}T${time}Z.dump
while [ $# -gt "$KEEP" ]; do
  if [ "$1" != "$name" ]; then
    rm -f "$1" "$1.sha256"
    echo "backup removed: $1"
  fi
  shift
done
