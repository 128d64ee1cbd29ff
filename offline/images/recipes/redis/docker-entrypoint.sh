#!/bin/sh
set -e
case ${1:-} in
-* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis '{}' +
        exec run-as redis "$0" "$@"
    fi
    if [ "$(umask)" = 0022 ]; then umask 0077; fi
    # Upstream's image is compiled with protected mode off; Debian's server needs it said, unless the user says it.
    shift
    case ${1:-} in
    -v | --version | -h | --help | --test-memory | --check-system) ;;
    '' | --*) set -- --protected-mode no "$@" ;;
    *)
        file=$1
        shift
        if [ ! -r "$file" ] || ! grep -qi '^[[:space:]]*protected-mode' "$file"; then set -- --protected-mode no "$@"; fi
        set -- "$file" "$@"
        ;;
    esac
    set -- redis-server "$@"
fi
exec "$@"
