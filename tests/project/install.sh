#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# An installed copy is usable: README's program compiles against it with
# nothing but pkg-config, loads the installed library and runs.
set -eu

if ! command -v pkg-config >/dev/null; then
	echo "skipped: pkg-config is missing"
	exit 77
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The tests' own make would hand down its flags and its targets.
unset MAKEFLAGS MFLAGS MAKELEVEL TESTS || true
${MAKE:-make} -s -C "$top_builddir" install DESTDIR="$tmp" >"$tmp/log" 2>&1 || {
	cat "$tmp/log"
	echo "not ok make install"
	exit 1
}
echo "ok make install"

pc=$(find "$tmp" -name libk8snet.pc)
PKG_CONFIG_PATH=$(dirname "$pc"):${PKG_CONFIG_PATH:-}
PKG_CONFIG_SYSROOT_DIR=$tmp
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
libdir=$(pkg-config --variable=libdir libk8snet)
case $libdir in
"$tmp"*) ;;
*) libdir=$tmp$libdir ;;
esac

# The sysroot goes before the system's own directories too, where the headers
# of the dependencies are: only ours are wanted.
cflags=$(pkg-config --cflags libk8snet)
libs=$(pkg-config --libs libk8snet)
case "$libs" in
*-lnl-3* | *-lmnl* | *-ljson-c*)
	echo "not ok pkg-config --libs names private dependencies: $libs"
	exit 1
	;;
esac
echo "ok pkg-config --libs"

# The first C program of README.md.
sed -n '/^```c$/,/^```$/{/^```/d;p}' "$top_srcdir/README.md" >"$tmp/readme.c"
test -s "$tmp/readme.c" || {
	echo "not ok README.md has no C program"
	exit 1
}
# shellcheck disable=SC2086
$CC $SANITIZER_CFLAGS -std=c11 -Wall -Wextra -Werror -pedantic $cflags \
	-o "$tmp/readme" "$tmp/readme.c" $libs
echo "ok README.md's program compiles"

soname=$(objdump -p "$libdir/libk8snet.so" | awk '$1 == "SONAME" { print $2 }')
test -e "$libdir/$soname" || {
	echo "not ok $soname is not installed"
	exit 1
}
echo "ok soname $soname"
if objdump -p "$libdir/libk8snet.so" | grep NEEDED | grep -q nftables; then
	echo "not ok the library is linked to libnftables, which costs each process 10 ms"
	exit 1
fi
echo "ok libnftables is not linked"

# A CNI plugin that links what it needs alone, and loads nothing else.
cni_cflags=$(pkg-config --cflags libk8snet-cni)
cni_libs=$(pkg-config --libs libk8snet-cni)
# shellcheck disable=SC2086
$CC $SANITIZER_CFLAGS -std=c11 -Wall -Wextra -Werror -pedantic $cni_cflags \
	-o "$tmp/hello-ipam" "$top_srcdir/examples/hello-ipam.c" $cni_libs
version=$(LD_LIBRARY_PATH=$libdir CNI_COMMAND=VERSION "$tmp/hello-ipam" </dev/null)
case $version in
*'"supportedVersions":["0.1.0",'*) echo "ok a plugin with libk8snet-cni runs" ;;
*)
	echo "$version"
	echo "not ok a plugin with libk8snet-cni runs"
	exit 1
	;;
esac
if objdump -p "$libdir/libk8snet-cni.so" | awk '$1 == "NEEDED" { print $2 }' |
	grep -v -e '^libc\.so' -e '^ld-linux' -e '^lib[au].*san\.so'; then
	echo "not ok libk8snet-cni needs more than libc, which costs each plugin time"
	exit 1
fi
echo "ok libk8snet-cni needs libc alone"

cat >"$tmp/shop.json" <<'JSON'
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
   "spec": {"podCIDRs": ["10.1.1.0/24"]},
   "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}},
  {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "cart"},
   "spec": {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"],
            "ports": [{"port": 80, "protocol": "TCP"}]}}
]}
JSON
if LD_LIBRARY_PATH=$libdir "$tmp/readme" "$tmp/shop.json" node-1 >"$tmp/out" 2>&1 &&
	grep -q 10.96.0.10 "$tmp/out"; then
	echo "ok README.md's program runs"
else
	cat "$tmp/out"
	echo "not ok README.md's program runs"
	exit 1
fi
