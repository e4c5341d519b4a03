#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installed, either directory is one for a runtime: the program, and links to it under the
# names of the reference plugins. It needs nothing of the host that it is copied to.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL TESTS || true
${MAKE:-make} -s -C "$top_builddir" install-exec DESTDIR="$tmp" >"$tmp/log" 2>&1 || {
	cat "$tmp/log"
	echo "not ok make install-exec"
	exit 1
}
directory=$(dirname "$(find "$tmp" -path '*/cni/k8snet' -type f)")
failed=0
for type in bandwidth bridge firewall host-local loopback portmap ptp static tuning; do
	if out=$(echo '{"cniVersion":"1.1.0"}' | CNI_COMMAND=VERSION "$directory/drop-in/$type") &&
		test "${out#*\"supportedVersions\"}" != "$out"; then
		echo "ok drop-in/$type"
	else
		echo "not ok drop-in/$type: $out"
		failed=1
	fi
done
test "$(readlink "$directory/drop-in/bridge")" = ../k8snet && echo "ok a link" || failed=1
test "$(find "$directory" -type f | wc -l)" = 1 && echo "ok one program" || failed=1
needed=$(objdump -p "$directory/k8snet" | awk '$1 == "NEEDED" { print $2 }' | tr '\n' ' ')
case $needed in
*asan* | *ubsan*) echo "# with sanitizers it needs more" ;;
"") echo "ok it needs no library" ;;
*)
	echo "not ok it needs $needed"
	failed=1
	;;
esac
${MAKE:-make} -s -C "$top_builddir" uninstall DESTDIR="$tmp" >"$tmp/log" 2>&1
left=$(find "$directory" 2>/dev/null || true)
if test -z "$left"; then
	echo "ok make uninstall"
else
	echo "not ok make uninstall leaves $left"
	failed=1
fi
exit $failed
