#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Rules as messages against what nft makes of their text, byte by byte.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node
check=$top_builddir/tests/netns/rules_check
if ! ip netns exec "$(netns_name node)" nft list ruleset; then
	echo "skipped: no nftables here"
	exit 77
fi
for family in 4 6; do
	number=$(test $family = 4 && echo 2 || echo 10)
	"$check" text $family | ip netns exec "$(netns_name node)" nft -f - || exit 1
	ip netns exec "$(netns_name node)" "$check" send $family || exit 1
	ip netns exec "$(netns_name node)" /usr/bin/python3 \
		"$top_srcdir/tests/netns/rules_compare.py" $number || exit 1
done
