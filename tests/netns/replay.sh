#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The printed commands, run by sh in fresh namespaces, give the same state as
# applying the plan; and the library finds nothing to mend in it.
. "$(dirname "$0")/e2e.sh"

observed() {
	$python "$here/observed.py" "$prefix" >"$1" || not_ok "$label: observing"
}

# Link-local addresses come up when they like.
without_link_local() {
	sed -i -e 's/{[^{}]*"local": "fe80::[^{}]*}, //g' -e 's/, {[^{}]*"local": "fe80::[^{}]*}//g' \
		-e 's/{[^{}]*"local": "fe80::[^{}]*}//g' "$1"
	sed -i -e '/: routes: .*"dst": "fe80::/d' -e '/: routes: .*"type": "anycast"/d' "$1"
}

replay() {
	for n in $nodes; do
		k8snet "$n" "$objects/cluster.json" --plan commands >"$objects/commands-$n" \
			2>"$objects/error" || not_ok "$label: commands of node $n"
		ip netns exec "$prefix-n$n" sh -e "$objects/commands-$n" >"$objects/out" 2>&1 ||
			{ not_ok "$label: commands of node $n fail"; head -n 5 "$objects/out"; }
	done
}

one() {
	test "$2" = bridge || options="$options --reset-connections"
	cluster_up "$3"
	apply
	observed "$scratch/applied"
	cluster_down
	cluster_up "$3"
	replay
	observed "$scratch/replayed"
	without_link_local "$scratch/applied"
	without_link_local "$scratch/replayed"
	same "$label: commands make what apply makes" "$scratch/applied" "$scratch/replayed"
	all_empty "$label, replayed"
	cluster_down
}

each_combination one
finish
