#!/bin/bash
# The contract of the upstream postgres image: POSTGRES_* and *_FILE, initialisation scripts, dropping to user postgres.
set -Eeuo pipefail

file_env() {
    local name=$1 file="${1}_FILE"
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        echo "error: both $name and $file are set (but are exclusive)" >&2
        exit 1
    fi
    if [ -n "${!file:-}" ]; then
        export "$name=$(< "${!file}")"
    elif [ -z "${!name:-}" ] && [ -n "${2:-}" ]; then
        export "$name=$2"
    fi
    unset "$file"
}

docker_process_sql() {
    local command=(psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc)
    if [ -n "${POSTGRES_DB:-}" ]; then command+=(--dbname "$POSTGRES_DB"); fi
    PGHOST='' PGHOSTADDR='' "${command[@]}" "$@"
}

process_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        [ -e "$file" ] || continue
        case $file in
        *.sh)
            echo "$0: running $file"
            # shellcheck disable=SC1090
            if [ -x "$file" ]; then "$file"; else . "$file"; fi
            ;;
        *.sql) echo "$0: running $file" && docker_process_sql -f "$file" ;;
        *.sql.gz) echo "$0: running $file" && gunzip -c "$file" | docker_process_sql ;;
        *.sql.xz) echo "$0: running $file" && xzcat "$file" | docker_process_sql ;;
        *.sql.zst) echo "$0: running $file" && zstd -dc "$file" | docker_process_sql ;;
        *) echo "$0: ignoring $file" ;;
        esac
    done
}

initialise() {
    file_env POSTGRES_PASSWORD
    file_env POSTGRES_USER postgres
    file_env POSTGRES_DB "$POSTGRES_USER"
    file_env POSTGRES_INITDB_ARGS
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        cat >&2 << 'TEXT'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".
       (POSTGRES_HOST_AUTH_METHOD=trust allows all connections without a password.)
TEXT
        exit 1
    fi
    local wal=()
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then wal=(--waldir "$POSTGRES_INITDB_WALDIR"); fi
    # The arguments are one string of shell words by contract.
    eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\${POSTGRES_PASSWORD:-}\") \
        \"\${wal[@]}\" ${POSTGRES_INITDB_ARGS:-}"
    local method
    method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "$@")}
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"

    export PGPASSWORD=${PGPASSWORD:-${POSTGRES_PASSWORD:-}}
    NOTIFY_SOCKET='' pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")" -w start
    if [ "$POSTGRES_DB" != postgres ]; then
        POSTGRES_DB='' docker_process_sql --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
    fi
    process_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
only_asks=
for word in "$@"; do
    case $word in -'?' | --help | --describe-config | -V | --version) only_asks=1 ;; esac
done
if [ "${1:-}" = postgres ] && [ -z "$only_asks" ]; then
    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$PGDATA" /var/run/postgresql
        chmod 700 "$PGDATA"
        chmod 3777 /var/run/postgresql
        if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
            mkdir -p "$POSTGRES_INITDB_WALDIR"
            chown -R postgres "$POSTGRES_INITDB_WALDIR"
        fi
        find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
        exec run-as postgres "$BASH_SOURCE" "$@"
    fi
    mkdir -p "$PGDATA"
    if [ -s "$PGDATA/PG_VERSION" ]; then
        printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    else
        initialise "${@:2}"
    fi
fi
exec "$@"
