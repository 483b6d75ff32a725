#!/bin/sh
# Task: T-419
# Runs beside Prometheus: asks for the addresses of each tier's pods by name, and lists them as Prometheus reads targets from files. So that
# Prometheus needs neither a token nor a way to the API server, and a build of it without discovery by DNS will do.
# A name that leads nowhere is a tier without pods only if another name is found: otherwise names cannot be asked for now, and all stays.
# From the environment: FOLDER (of the lists), KNOWN (a name that is always found), EVERY (seconds).
# Usage: find-targets.sh JOB=NAME:PORT...
set -eu
trap 'exit 0' TERM INT

addresses() { getent ahostsv4 "$1" | awk '{ print $1 }' | sort -u; } # NAME: none where it leads nowhere, or cannot be asked for

targets() { # NAME:PORT
  addresses "${1%:*}" | awk -v port="${1##*:}" '
    { printf "%s\"%s:%s\"", (NR > 1 ? ", " : "[{\"targets\": ["), $1, port }
    END { print (NR > 0 ? "]}]" : "[]") }'
}

while :; do
  for tier; do
    job=${tier%%=*}
    found=$(targets "${tier#*=}")
    [ "$found" != "[]" ] || [ "$(addresses "$KNOWN")" ] || continue
    if [ ! -f "$FOLDER/$job.json" ] || [ "$found" != "$(cat "$FOLDER/$job.json")" ]; then
      # under its name only when it is whole
      echo "$found" >"$FOLDER/.$job"
      mv "$FOLDER/.$job" "$FOLDER/$job.json"
      echo "targets of $job: $found"
    fi
  done
  touch "$FOLDER/looked"
  sleep "$EVERY" &
  wait $!
done
