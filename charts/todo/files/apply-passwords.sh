#!/bin/sh
# Task: T-416
# Runs beside PostgreSQL: gives the roles the passwords of the mounted Secret, at the start and whenever the kubelet brings others. To change
# the Secret is therefore all that a rotation takes. Over the local socket, which asks for no password.
# psql reads the passwords itself, so that they appear in no command line, and the server logs none of these statements, not even a failed one.
# From the environment: APPLICATION_USER, FOLDER (of the files `password` and `admin-password`), STATE (what the probes look at).
set -eu
export PGOPTIONS='-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic'
trap 'exit 0' TERM INT # the image asks for INT

apply() {
  psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --set=VERBOSITY=terse --username=postgres --dbname=postgres --single-transaction \
    --set=role="$APPLICATION_USER" <<'SQL'
\set password `cat "$FOLDER/password"`
\set admin `cat "$FOLDER/admin-password"`
ALTER ROLE :"role" PASSWORD :'password';
ALTER ROLE postgres PASSWORD :'admin';
SQL
}

applied=
while :; do
  # while the volume is being initialised the server does not listen here
  if pg_isready -q -h 127.0.0.1 -t 2; then
    mounted=$(cat "$FOLDER/password" && echo && cat "$FOLDER/admin-password")
    if [ "$mounted" != "$applied" ] && apply; then
      applied=$mounted
      touch "$STATE/passwords-applied"
      echo "the roles have the mounted passwords"
    fi
  fi
  touch "$STATE/passwords-looked"
  sleep 2 &
  wait $!
done
