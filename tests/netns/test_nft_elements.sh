#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tables, chains and elements of both families against nft.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node
if ! ip netns exec "$(netns_name node)" nft list ruleset; then
	echo "skipped: no nftables here"
	exit 77
fi
"$top_builddir/tests/netns/nft_check" "$(netns_name node)"
