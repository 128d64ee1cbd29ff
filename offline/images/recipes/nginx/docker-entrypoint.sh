#!/bin/sh
set -e
say() { [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"; }

templates() {
    from=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
    suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
    to=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
    [ -d "$from" ] || return 0
    # Only names that exist, so that nginx's own $variables stay as they are.
    names=$(awk "BEGIN { for (name in ENVIRON) if (name ~ /${NGINX_ENVSUBST_FILTER:-}/) printf \"\${%s} \", name }" < /dev/null)
    find "$from" -follow -type f -name "*$suffix" | sort | while read -r file; do
        target=$to/${file#"$from"/}
        target=${target%"$suffix"}
        mkdir -p "$(dirname "$target")"
        say "writing $target from $file"
        envsubst "$names" < "$file" > "$target"
    done
}

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
    templates
    for file in /docker-entrypoint.d/*; do
        case $file in
        *.envsh) if [ -x "$file" ]; then say "sourcing $file" && . "$file"; fi ;;
        *.sh) if [ -x "$file" ]; then say "running $file" && "$file"; else say "ignoring $file, not executable"; fi ;;
        esac
    done
fi
exec "$@"
