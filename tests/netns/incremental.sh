#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Changes one after another in one process: each incremental plan leaves nothing
# for a full one. And a cluster that changes its mode and its links.
. "$(dirname "$0")/e2e.sh"

# changes NODE WORDS...: each word is a file or KIND/NAMESPACE/NAME to be removed.
# After each, an incremental plan is applied, and a full one has to be empty, but
# for chains that no service uses: only pruning removes these.
changes() {
	node=$1
	shift
	words=
	for word in "$@"; do
		case $word in
		*.json) change=$objects/$word ;;
		*) change="--remove $word" ;;
		esac
		words="$words --then $change --apply --then --full --prune --plan text"
	done
	# shellcheck disable=SC2086
	k8snet "$node" "$objects/cluster.json" --apply $words >"$scratch/left" 2>"$scratch/error" ||
		not_ok "$label: node $node: $(grep -v operations "$scratch/error")"
	sed -i '/: chain delete /d; /: element delete .* balancers /d' "$scratch/left"
	test ! -s "$scratch/left" || {
		not_ok "$label: node $node: full plans after incremental ones"
		head -n 10 "$scratch/left"
	}
	# The first is for everything, and every other one is a full plan.
	most=$(sed -n 's/ operations//p' "$scratch/error" | sed -n '2,$p' | sed -n 'p;n' |
		sort -n | tail -n 1)
}

one() {
	cluster_up "$3"
	serve
	apply || return
	v=4
	test "$3" != ipv6 || v=6
	changes 1 web-fewer.json web-none.json web-first.json web-all.json \
		Pod/shop/web-1 pod-web-1.json Pod/shop/client-1 Pod/shop/client-2 pod-client-1.json \
		"EndpointSlice/shop/web-v$v" web-all.json Service/shop/none Service/shop/one cluster.json \
		Node/-/node-2 nodes.json Service/shop/web cluster.json Node/-/node-3 cluster.json
	largest=$most
	changes 2 Node/-/node-3 web-first.json cluster.json Node/-/node-1 Pod/shop/web-2 cluster.json
	changes 3 Service/shop/host Pod/shop/web-3 Pod/shop/client-3 Node/-/node-1 cluster.json
	ok "$label: 31 changes, at most $largest operations"
	check "$label, changed" vip,hairpin
	for n in $nodes; do
		k8snet "$n" "$objects/cluster.json" --prune --apply 2>/dev/null
	done
	all_empty "$label, changed"
	cluster_down
}

# Through all modes and links, on live nodes.
convert() {
	cluster_up dual
	serve
	for each in route,bridge overlay,bridge overlay,ptp route,ptp overlay,bridge route,ptp \
		overlay,ptp route,bridge; do
		combination "${each%,*}" "${each#*,}" dual
		for n in $nodes; do
			k8snet "$n" "$objects/cluster.json" --full --prune --apply 2>"$scratch/error" ||
				not_ok "to $label: $(grep -v operations "$scratch/error")"
		done
		all_empty "to $label"
		check "to $label" pods,full_size,vip
	done
	cluster_down
}

for each in route,bridge,dual overlay,ptp,dual overlay,bridge,ipv6; do
	# shellcheck disable=SC2046
	set -- $(echo "$each" | tr , ' ')
	combination "$@"
	one "$@"
done
convert
finish
