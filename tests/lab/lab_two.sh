#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two labs side by side, one of whose names begins as the other's namespaces do.
. "$(dirname "$0")/common.sh"

small=$(dirname "$0")/small.yaml
oracle=$(dirname "$0")/oracle.py

new_name tw
one=$name
two=$one-2
names="$names $two"

"$lab" up --name "$one" -f "$small" >/dev/null & first=$!
"$lab" up --name "$two" -f "$small" >/dev/null & second=$!
wait $first || fail "up of $one"
wait $second || fail "up of $two"

both_fine() {
	for each in "$@"; do
		"$lab" probe --name "$each" --json >"$scratch/$each.json"
		assert_all_ok "$scratch/$each.json"
	done
}
both_fine "$one" "$two"

# Without its journal and its state, only marks tell whose a namespace is.
rm -rf "/run/k8snet-lab/$one"
"$lab" down --name "$one" || fail "down of $one"
test -z "$(ip netns list | grep "^$one-node")" || fail "$one has namespaces left"
"$python" "$oracle" "$two" || fail "$two was disturbed"
both_fine "$two"

# A foreign namespace of a name that we want is not touched, and stops us.
ip netns add "$one-node-2" || fail "ip netns add"
"$lab" up --name "$one" -f "$small" 2>"$scratch/error" && fail "up took a foreign namespace"
grep -q "$one-node-2 exists already" "$scratch/error" || fail "error: $(cat "$scratch/error")"
"$lab" down --name "$one" || fail "down of $one"
ip netns list | grep -q "^$one-node-2" || fail "a foreign namespace was removed"
ip netns delete "$one-node-2"
assert_gone_but() {
	left=$(find /run/netns -maxdepth 1 -name "$1-*" ! -name "$2-*")
	test -z "$left" || fail "left: $left"
}
assert_gone_but "$one" "$two"
both_fine "$two"

# An empty mount point that nobody filled, half written state.
mkdir -p "/run/k8snet-lab/$one/pids"
printf '%s-node-1\n%s-outs' "$one" "$one" >"/run/k8snet-lab/$one/journal"
echo '{"half' >"/run/k8snet-lab/$one/objects.json"
echo '12' >"/run/k8snet-lab/$one/pids/shop_half"
echo "1 1" >"/run/k8snet-lab/$one/pids/shop_init"
printf "k8snet-lab %s" "$one" >"/run/netns/$one-node-1"

"$lab" down --name "$one" || fail "down of half written state"
test ! -e "/run/netns/$one-node-1" || fail "an empty mount point is left"
test ! -e "/run/k8snet-lab/$one" || fail "state is left"
both_fine "$two"

"$lab" down --name "$two" || fail "down of $two"
assert_gone "$two"
assert_gone "$one"
echo ok
