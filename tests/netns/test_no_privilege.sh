#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Without privileges nothing is done, and each refusal is told.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node pod
program="$top_builddir/tests/netns/privilege_check"
# libtool's wrapper script may want to write; the program itself does not.
test ! -x "$top_builddir/tests/netns/.libs/privilege_check" ||
	program="$top_builddir/tests/netns/.libs/privilege_check"
check "without capabilities" ip netns exec "$(netns_name node)" \
	setpriv --inh-caps=-all --bounding-set=-all --reuid=65534 --regid=65534 --clear-groups \
	"$program" "$(netns_path pod)"
# A user namespace's root rules its own network namespace only.
if unshare -U true 2>/dev/null; then
	check "in a user namespace" ip netns exec "$(netns_name node)" unshare -U \
		"$program" "$(netns_path pod)"
fi
finish
