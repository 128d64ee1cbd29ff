#!/bin/bash
set -euo pipefail
# The Erlang machine reserves a table entry for every file it may open; an unlimited daemon costs seconds and gigabytes.
if [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -gt 1048576 ]; then ulimit -n 1048576; fi
if [[ ${1:-} == rabbitmq* ]] && [ "$(id -u)" = 0 ]; then
    if [ "$1" = rabbitmq-server ]; then find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq '{}' +; fi
    exec run-as rabbitmq "$BASH_SOURCE" "$@"
fi
refused=
for name in RABBITMQ_DEFAULT_PASS_FILE RABBITMQ_DEFAULT_USER_FILE RABBITMQ_MANAGEMENT_SSL_CACERTFILE \
    RABBITMQ_MANAGEMENT_SSL_CERTFILE RABBITMQ_MANAGEMENT_SSL_KEYFILE RABBITMQ_SSL_CACERTFILE RABBITMQ_SSL_CERTFILE \
    RABBITMQ_SSL_KEYFILE RABBITMQ_VM_MEMORY_HIGH_WATERMARK; do
    if [ -n "${!name:-}" ]; then
        echo "error: $name is set but deprecated" >&2
        refused=1
    fi
done
if [ -n "$refused" ]; then
    echo 'error: deprecated environment variables detected; use a configuration file instead' >&2
    exit 1
fi
if [ -z "${RABBITMQ_USE_LONGNAME:-}" ] && [ "$(hostname)" != "$(hostname -s)" ]; then export RABBITMQ_USE_LONGNAME=true; fi
exec "$@"
