#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every mode, link and family: all flows of the demo are answered.
. "$(dirname "$0")/common.sh"

manifest=$manifests/shop.yaml
test -e "$manifest" || manifest=$(dirname "$0")/small.yaml
new_name mx
failed=0
for mode in route overlay; do
	for link in bridge ptp; do
		for family in ipv4 ipv6 dual; do
			echo "$mode $link $family"
			"$lab" demo --name "$name" -f "$manifest" --mode $mode --link $link \
				--family $family --json >"$scratch/probe.json"
			(assert_all_ok "$scratch/probe.json") || failed=$((failed + 1))
			assert_gone "$name"
		done
	done
done
test $failed = 0 || fail "$failed of 12"
echo ok
