#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# After apply, a process that knows nothing finds nothing to do; in the same
# process neither; and a second apply of the same objects does nothing.
. "$(dirname "$0")/e2e.sh"

one() {
	cluster_up "$3"
	apply
	all_empty "$label"
	for n in $nodes; do
		k8snet "$n" "$objects/cluster.json" --apply --then --full --plan text \
			--then --prune --plan text --then "$objects/cluster.json" --plan text \
			>"$objects/again" 2>"$objects/error" || not_ok "$label: node $n, again"
		test ! -s "$objects/again" || { not_ok "$label: node $n, again"; cat "$objects/again"; }
	done
	cluster_down
}

each_combination one
finish
