#!/bin/sh
set -e
# Whatever is no command of the image is a script (or an option) for node.
case $1 in
-*) set -- node "$@" ;;
*)
    if [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then set -- node "$@"; fi
    ;;
esac
exec "$@"
