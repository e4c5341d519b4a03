#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tables, sets, chains and rules as messages against what nft makes of their text, byte by byte as
# the kernel tells them, and as nft lists them; and nft reads again what it lists.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_make_directory
check=$top_builddir/tests/netns/rules_check
compare=$top_srcdir/tests/netns/rules_compare.py

in_netns() {
	in_name=$(netns_name "$1")
	shift
	ip netns exec "$in_name" "$@"
}

compare_tables() { # FAMILY COUNTERS
	number=$(test "$1" = 4 && echo 2 || echo 10)
	netns_add "nft-$1-$2" "ours-$1-$2"
	"$check" text "$1" "$2" | in_netns "nft-$1-$2" nft -f - || return 1
	"$check" send "$1" "$2" "$(netns_path "ours-$1-$2")" || return 1
	for by in nft ours; do
		in_netns "$by-$1-$2" /usr/bin/python3 "$compare" "$number" >"$netns_directory/$by" ||
			return 1
		in_netns "$by-$1-$2" nft list ruleset >"$netns_directory/$by.txt" || return 1
	done
	/usr/bin/python3 "$compare" "$number" "$netns_directory/nft" "$netns_directory/ours" 150 &&
		cmp "$netns_directory/nft.txt" "$netns_directory/ours.txt"
}

read_again() { # FAMILY COUNTERS
	netns_add "again-$1-$2"
	in_netns "again-$1-$2" nft -f "$netns_directory/ours.txt" &&
		in_netns "again-$1-$2" nft list ruleset | cmp - "$netns_directory/ours.txt"
}

netns_add node
if ! in_netns node nft list ruleset; then
	echo "skipped: no nftables here"
	exit 77
fi
for counters in 0 1; do
	for family in 4 6; do
		check "IPv$family, counters $counters: the same bytes" compare_tables $family $counters
		check "IPv$family, counters $counters: nft reads its list" read_again $family $counters
	done
done
finish
