#!/usr/local/bin/bash
# Task: T-306
# PostgreSQL's container entrypoint: the variables and the init folder of the official image, written anew.
set -eo pipefail; shopt -s nullglob

# NAME or the content of the file that NAME_FILE names
from_file() {
    local name=$1 file=$1_FILE
    if [ "${!name:-}" ] && [ "${!file:-}" ]; then echo >&2 "error: both $name and $file are set"; exit 1; fi
    if [ "${!file:-}" ]; then export "$name"="$(<"${!file}")"; unset "$file"; fi
    export "$name"="${!name:-${2:-}}"
}
docker_temp_server_start() {
    # no TCP while it sets up: pg_isready over TCP says yes only when it's really done
    PGUSER="${PGUSER:-$POSTGRES_USER}" pg_ctl -D "$PGDATA" -w -o "-c listen_addresses='' -p ${PGPORT:-5432}" start
}
docker_temp_server_stop() { pg_ctl -D "$PGDATA" -m fast -w stop; }
docker_process_sql() {
    local q=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password)
    [ -z "$POSTGRES_DB" ] || q+=(--dbname "$POSTGRES_DB")
    PGHOST='' PGHOSTADDR='' "${q[@]}" "$@"
}
run_init_files() {
    local f; printf '\n'
    for f; do
        # shellcheck disable=SC1090
        case "$f" in
            *.sh) if [ -x "$f" ]; then echo "$0: running $f"; "$f"; else echo "$0: sourcing $f"; . "$f"; fi ;;
            *.sql) echo "$0: running $f"; docker_process_sql -f "$f" ;;
            *.sql.gz) echo "$0: running $f"; gunzip -c "$f" | docker_process_sql ;;
            *.sql.xz) echo "$0: running $f"; xzcat "$f" | docker_process_sql ;;
            *) echo "$0: ignoring $f" ;;
        esac
    done
}
main() {
    if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
    local a help=
    for a; do case "$a" in -\?|--help|--describe-config|-V|--version) help=1;; esac; done
    if [ "$1" != postgres ] || [ "$help" ]; then exec "$@"; fi

    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$PGDATA" /var/run/postgresql; chmod 00700 "$PGDATA" || :; chmod 03775 /var/run/postgresql || :
        find "$PGDATA" ! -user postgres -exec chown postgres {} +
        find /var/run/postgresql ! -user postgres -exec chown postgres {} +
        if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
            mkdir -p "$POSTGRES_INITDB_WALDIR"; chown -R postgres "$POSTGRES_INITDB_WALDIR"; chmod 700 "$POSTGRES_INITDB_WALDIR"; fi
        exec gosu postgres "${BASH_SOURCE[0]}" "$@"
    fi
    mkdir -p "$PGDATA"; chmod 00700 "$PGDATA" || :

    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
            echo >&2 'Error: Database is uninitialized and superuser password is not specified.'
            echo >&2 '       Set POSTGRES_PASSWORD (or POSTGRES_HOST_AUTH_METHOD=trust).'; exit 1; fi
        ls /docker-entrypoint-initdb.d/ > /dev/null
        set -- "$@"
        if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then POSTGRES_INITDB_ARGS+=" --waldir=$POSTGRES_INITDB_WALDIR"; fi
        eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") -D "$PGDATA" '"$POSTGRES_INITDB_ARGS"
        local auth=$POSTGRES_HOST_AUTH_METHOD; : "${auth:=$(postgres -C password_encryption -D "$PGDATA")}"
        printf '\nhost all all all %s\n' "$auth" >> "$PGDATA/pg_hba.conf"
        export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
        docker_temp_server_start
        if [ "$POSTGRES_DB" != postgres ]; then
            # shellcheck disable=SC1007,SC2097,SC2098
            POSTGRES_DB= docker_process_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'; fi
        run_init_files /docker-entrypoint-initdb.d/*
        docker_temp_server_stop
        unset PGPASSWORD
        printf '\nPostgreSQL init process complete; ready for start up.\n\n'
    else
        printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    fi
    exec "$@"
}
main "$@"
