#!/bin/sh
# unpack.sh FROM TO: npm tarballs as upstream's /usr/local
set -e
from=$1 to=$2
mkdir -p "$to/bin" "$to/include" "$to/lib/node_modules" "$to/etc"
mkdir /tmp/node && tar xzf "$from/node.tgz" -C /tmp/node --strip-components=1
install -m 755 /tmp/node/bin/node "$to/bin/node"
if [ -d /tmp/node/include ]; then cp -a /tmp/node/include/. "$to/include/"; fi
# Upstream's image leaves out the headers for other machines as well; they are half of all.
find "$to/include" -path '*/openssl/archs/*' -prune -name '*' ! -name "linux-$(uname -m)" -exec rm -rf '{}' +
for package in npm yarn corepack; do
    mkdir "$to/lib/node_modules/$package"
    tar xzf "$from/$package.tgz" -C "$to/lib/node_modules/$package" --strip-components=1 --no-same-owner
done
link() { chmod 755 "$to/lib/node_modules/$2" && ln -s "../lib/node_modules/$2" "$to/bin/$1"; }
link npm npm/bin/npm-cli.js
link npx npm/bin/npx-cli.js
link yarn yarn/bin/yarn.js
link yarnpkg yarn/bin/yarn.js
link corepack corepack/dist/corepack.js
ln -s node "$to/bin/nodejs"
chmod -R u=rwX,go=rX "$to"
