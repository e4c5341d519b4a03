#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Elements looked at by key are those of a dump, whatever somebody else did to them.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node
if ! ip netns exec "$(netns_name node)" nft list ruleset; then
	echo "skipped: no nftables here"
	exit 77
fi
seed=${BY_KEY_SEED:-$$}
echo "BY_KEY_SEED=$seed"
"$top_builddir/tests/netns/by_key_check" "$(netns_name node)" "$seed"
