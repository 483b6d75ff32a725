#!/bin/sh
# Task: T-417
# Restores one archive into a database that holds nothing yet, all or nothing, and once: the database remembers the archive's name.
# No pipes: each command's own status decides.
# From the environment: PGHOST PGPORT PGUSER PGDATABASE, PASSWORD_FILE, FOLDER and ARCHIVE (its name there), SCRATCH (a folder with room for
# the archive's statements), PATIENCE (seconds for the database to come).
set -eu
umask 077

errors=$SCRATCH/errors
fail() { echo "restore failed: $*; the database is as it was before" >&2; exit 1; }
said() { awk '{ sub(/^Password: /, "") } NF { printf "%s%s", (said++ ? " " : ""), $0 }' "$errors"; } # on one line, without the prompt

# Where there is no terminal the password is read from the standard input: it stands in no environment and no command line.
# Nothing of psqlrc, nothing but answers, and the first error ends it.
database() { psql --password --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@" <"$PASSWORD_FILE" 2>"$errors"; }

# The database may be starting, and its role may have no password yet. psql ends with 2 when it cannot connect.
deadline=$(($(date +%s) + PATIENCE))
while status=0 && { database --command='SELECT' >/dev/null || status=$?; } && [ "$status" -eq 2 ] && [ "$(date +%s)" -lt "$deadline" ]; do
  sleep 1
done
[ "$status" -eq 0 ] || fail "the database $PGDATABASE at $PGHOST does not answer: $(said)"

tables=$(database --command="SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')") || fail "$(said)"
remembered=$(database --command="SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()") || fail "$(said)"
if [ -n "$tables" ]; then
  [ "$remembered" = "restored from $ARCHIVE" ] || fail "the database $PGDATABASE holds $tables already; an archive is restored into an empty one only"
  echo "restored already: $ARCHIVE"
  exit 0
fi

cd "$FOLDER"
set -- *.dump
[ -e "$1" ] || set -- none
[ -f "$ARCHIVE" ] || fail "there is no archive $ARCHIVE; there is: $*"
[ -f "$ARCHIVE.sha256" ] || fail "the archive $ARCHIVE has no checksum beside it"
sum=$(sha256sum "$ARCHIVE")
read -r expected _ <"$ARCHIVE.sha256" || fail "the checksum of $ARCHIVE cannot be read"
[ "${sum%% *}" = "$expected" ] || fail "the archive $ARCHIVE does not match its checksum"

# Everything is owned by the role that restores, whoever owned it where the archive was made.
pg_restore --no-owner --no-acl --file="$SCRATCH/archive.sql" "$ARCHIVE" 2>"$errors" || fail "the archive $ARCHIVE cannot be read: $(said)"
echo "COMMENT ON DATABASE :\"DBNAME\" IS :'remembered';" >"$SCRATCH/remember.sql"
database --single-transaction --set=remembered="restored from $ARCHIVE" --file="$SCRATCH/archive.sql" --file="$SCRATCH/remember.sql" >/dev/null ||
  fail "the archive $ARCHIVE does not fit: $(said)"
echo "restored: $ARCHIVE"
