#!/bin/sh
# relocate.sh VERSION FROM TO: Debian's python packages, unpacked, as upstream's /usr/local
set -e
version=$1 from=$2 to=$3
lib=$to/lib/python$version
mkdir -p "$to/bin" "$to/include" "$lib/site-packages" "$to/share"
cp "$from/usr/bin/python$version" "$to/bin/"
cp -a "$from/usr/lib/python$version/." "$lib/"
cp -a "$from/usr/include/." "$to/include/"
cp -a "$from/usr/share/python-wheels" "$to/share/"
rm -rf "$lib/EXTERNALLY-MANAGED" "$lib/test" "$lib/lib2to3/tests" "$lib"/config-* "$lib/dist-packages"
for name in python3 python; do ln -s "python$version" "$to/bin/$name"; done

# Debian installs into dist-packages and under a further /local; upstream does neither. The module that makes the search
# path is frozen into the binary and cannot be edited, so the name it looks for leads to upstream's folder.
ln -s site-packages "$lib/dist-packages"
scheme=$lib/sysconfig.py
if [ -d "$lib/sysconfig" ]; then scheme=$lib/sysconfig/__init__.py; fi
sed -i "s/prefix_scheme = 'posix_local'/prefix_scheme = 'posix_prefix'/" "$scheme"
sed -i "s#/usr/share/python-wheels#/usr/local/share/python-wheels#" "$lib"/_sysconfigdata_*.py "$lib/ensurepip/__init__.py"
if [ -f "$lib/_sysconfig_vars__linux_x86_64-linux-gnu.json" ]; then
    sed -i "s#/usr/share/python-wheels#/usr/local/share/python-wheels#" "$lib"/_sysconfig_vars_*.json
fi
grep -q "prefix_scheme = 'posix_prefix'" "$scheme"
