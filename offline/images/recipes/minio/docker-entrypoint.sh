#!/bin/sh
set -e
case ${1:-} in
minio) ;;
# A shell or mc is run as it is; everything else is a command of minio.
sh | bash | /* | mc) exec "$@" ;;
*) set -- minio "$@" ;;
esac
if [ -n "${MINIO_USERNAME:-}" ] && [ -n "${MINIO_GROUPNAME:-}" ]; then
    if [ -n "${MINIO_UID:-}" ] && [ -n "${MINIO_GID:-}" ]; then
        groupadd -f -g "$MINIO_GID" "$MINIO_GROUPNAME"
        id "$MINIO_USERNAME" > /dev/null 2>&1 || useradd -u "$MINIO_UID" -g "$MINIO_GROUPNAME" "$MINIO_USERNAME"
    fi
    exec setpriv --reuid="$MINIO_USERNAME" --regid="$MINIO_GROUPNAME" --keep-groups "$@"
fi
exec "$@"
