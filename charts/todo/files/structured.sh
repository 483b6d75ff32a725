#!/usr/bin/env bash
# Task: T-418
# Runs a command so that all it writes is a JSON object a line, in the form that the application's own logs have: a line that is one already
# stays, any other becomes the `message` of one. What comes from standard error is a warning, or an error where it says so.
# It is the container's first process: signals go on to the command, whose exit status becomes its own. Named pipes rather than a pipeline, which
# would hide that status; and when the command ends, what it has written is written on before the container ends.
# bash, because another shell lets no command in the background hear SIGINT, by which PostgreSQL is told to end.
# Usage: structured.sh LOGGER COMMAND...    The command finds in LOG_FOLDER a pipe `log`, for what it would write into a file.
set -eu -o monitor
logger=$1
shift

LOG_FOLDER=$(mktemp -d)
export LOG_FOLDER
mkfifo "$LOG_FOLDER/log" "$LOG_FOLDER/errors"

# PostgreSQL's JSON says error_severity for level, and LOG for info.
objects() { # LEVEL
  awk -v logger="$logger" -v level="$1" '
    function escaped(text) {
      gsub(/\\/, "\\\\\\\\", text); gsub(/"/, "\\\"", text); gsub(/\t/, "\\t", text); gsub(/[\001-\037\177]/, "", text)
      return text
    }
    { sub(/^Password: /, "") } # a prompt where there is no terminal, and no line
    /^[ \t\r]*$/ { next }
    /^\{".*\}$/ {
      if (sub(/"error_severity":"(LOG|INFO|NOTICE)"/, "\"level\":\"info\"") || sub(/"error_severity":/, "\"level\":"))
        sub(/^\{/, "{\"logger\":\"" logger "\",")
      print; fflush(); next
    }
    {
      found = level == "warning" && tolower($0) ~ /error|fail|fatal|panic|cannot/ ? "error" : level
      printf "{\"timestamp\":\"%s\",\"level\":\"%s\",\"logger\":\"%s\",\"message\":\"%s\"}\n",
        strftime("%Y-%m-%dT%H:%M:%SZ"), found, logger, escaped($0)
      fflush()
    }'
}
objects info <"$LOG_FOLDER/log" &
info=$!
objects warning <"$LOG_FOLDER/errors" >&2 &
warnings=$!

command='' signalled=''
# shellcheck disable=SC2329 # the traps call it
passed_on() { # SIGNAL
  signalled=yes
  [ ! "$command" ] || kill -s "$1" "$command" 2>/dev/null || true
}
for signal in HUP INT TERM QUIT; do
  # shellcheck disable=SC2064
  trap "passed_on $signal" "$signal"
done

"$@" >"$LOG_FOLDER/log" 2>"$LOG_FOLDER/errors" &
command=$!
# A signal ends the wait, but not what is waited for.
status=0
wait "$command" || status=$?
while kill -0 "$command" 2>/dev/null || [ "$signalled" ]; do
  signalled='' status=0
  wait "$command" || status=$?
done
wait "$info" "$warnings" || true
rm -rf "$LOG_FOLDER"
exit "$status"
