# SPDX-License-Identifier: LGPL-2.1-or-later
# For the scripts beside this file: pinned packages of Debian 12 in a temporary folder, and a
# network namespace of one's own. They need root and a Debian mirror, and none of our product.
#
#   debian NAME=VERSION...   unpack these packages, and go on with them in a new namespace
#   same WHAT IS EXPECTED    say it, and remember if it is not what was seen when this was written
#   finish                   exit 0 if all was the same

findings_changed=0

# The packages are fetched outside, where there is a network; the script runs again inside.
debian() {
	test -z "${findings_tmp:-}" || return 0
	findings_tmp=$(mktemp -d)
	trap 'rm -rf "$findings_tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	(cd "$findings_tmp" && apt-get -qq -o APT::Sandbox::User=root download "$@") || exit 77
	for package in "$findings_tmp"/*.deb; do
		dpkg-deb -x "$package" "$findings_tmp/root" || exit 1
	done
	status=0
	PATH=$findings_tmp/root/usr/sbin:$findings_tmp/root/usr/bin:$PATH \
		LD_LIBRARY_PATH=$findings_tmp/root/usr/lib/$(uname -m)-linux-gnu \
		findings_tmp=$findings_tmp unshare -n sh "$0" || status=$?
	exit "$status"
}

same() {
	printf '%s: %s\n' "$1" "$2"
	test "$2" = "$3" && return
	printf '  CHANGED, it was: %s\n' "$3"
	findings_changed=1
}

finish() {
	test "$findings_changed" = 0 && echo "as it was when this was written"
	exit "$findings_changed"
}
