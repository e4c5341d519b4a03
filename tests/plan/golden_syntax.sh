#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The commands of golden plans, before shells and nft(8): sh takes them all, and
# nft takes the tables, chains and elements, and reads back what it lists.
set -u
dir=${top_srcdir:?}/tests/plan/golden
failed=0

fail()
{
	echo "FAIL: $*" >&2
	failed=1
}

for file in "$dir"/*.sh; do
	sh -n "$file" || fail "$file: sh -n"
done
for file in "$dir"/*.json; do
	/usr/bin/python3 -m json.tool "$file" > /dev/null || fail "$file: not JSON"
done
[ "$failed" = 0 ] || exit 1

if [ "$(id -u)" != 0 ]; then
	echo "not root: nft is not asked"
	exit 0
fi
command -v nft > /dev/null || exit 77

# In a namespace of its own, which goes with the shell in it.
for file in "$dir"/*.sh; do
	unshare --net sh -eu -c '
		awk "/^nft -f/ { on = 1 } on { print } /^END\$/ { on = 0 }" "$1" | sh -eu
		listed=$(nft list ruleset)
		echo "$listed" | grep -q "goto cluster-tcp-3"
		nft flush ruleset
		echo "$listed" | nft -f -
		[ "$listed" = "$(nft list ruleset)" ]
	' sh "$file" || fail "$file: nft"
done
exit "$failed"
