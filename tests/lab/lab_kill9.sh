#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 at random moments of `up`, LAB_KILLS times; `down` leaves nothing.
. "$(dirname "$0")/common.sh"

kills=${LAB_KILLS:-10}
seed=${LAB_SEED:-$$}
small=$(dirname "$0")/small.yaml
RANDOM=$seed
echo "seed $seed"

new_name k9
start=$(date +%s%N)
"$lab" up --name "$name" -f "$small" --quiet || fail "up"
whole=$((($(date +%s%N) - start) / 1000000))
"$lab" down --name "$name" --quiet || fail "down"
assert_gone "$name"
echo "a whole up takes $whole ms"

early=0 made=0
for i in $(seq "$kills"); do
	new_name "k$i-"
	"$lab" up --name "$name" -f "$small" --quiet 2>/dev/null &
	pid=$!
	after=$((RANDOM % (whole + 1)))
	sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
	kill -9 $pid 2>/dev/null && early=$((early + 1))
	wait $pid 2>/dev/null
	test -z "$(find /run/netns -maxdepth 1 -name "$name-*")" || made=$((made + 1))
	# Now and then the state is damaged as well.
	if test $((i % 3)) = 0 && test -e "/run/k8snet-lab/$name/journal"; then
		truncate -s -3 "/run/k8snet-lab/$name/journal"
	elif test $((i % 5)) = 0; then
		rm -f "/run/k8snet-lab/$name/journal"
	fi
	"$lab" down --name "$name" --quiet || fail "down after a kill at $after ms"
	assert_gone "$name"
done
echo "$kills runs, $early killed in time, $made left something"
test $made -gt 0 || fail "no run left anything: the moments are badly chosen"

# A killed scale: the next one makes the lab whole again, and keeps no orphan.
new_name ks
"$lab" up --name "$name" -f "$small" --quiet || fail "up"
for i in $(seq $((kills / 2))); do
	n=$((RANDOM % 9))
	"$lab" scale --name "$name" web=$n --quiet &
	pid=$!
	sleep "0.0$((RANDOM % 100))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	"$lab" scale --name "$name" web=$((n + 1)) --quiet || fail "scale after a killed scale"
	"$lab" probe --name "$name" --json >"$scratch/probe.json"
	assert_all_ok "$scratch/probe.json"
	pods=$(find /run/netns -maxdepth 1 -name "$name-default-web-*" | wc -l)
	test "$pods" = $((n + 1)) || fail "$pods namespaces of $((n + 1)) pods"
done
"$lab" down --name "$name" --quiet || fail "down"
assert_gone "$name"

# The same name can be used again at once.
"$lab" demo --name "$name" -f "$small" --json >"$scratch/probe.json"
assert_all_ok "$scratch/probe.json"
assert_gone "$name"
echo ok
