#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a service proxy does, row by row (rows.txt): what the other tests have not. The
# services are those of a golden plan.
. "$(dirname "$0")/e2e.sh"

rows=$here/../plan/data/rows.json
options="--mode route --link bridge"
service_cidrs="--service-cidr 10.96.0.0/16 --service-cidr fd00:96::/112"

# apply_rows OPTIONS...
apply_rows() {
	for n in $nodes; do
		k8snet "$n" "$objects/cluster.json" "$rows" "$@" --apply 2>"$scratch/error" ||
			{ not_ok "$label: apply to node $n"; cat "$scratch/error"; return 1; }
	done
}

# rows GROUP,...
rows() {
	$python "$here/rows_check.py" check "$prefix" "$label" "$1" || failures=$((failures + 1))
}

# The world outside has addresses that services name, but that are not for the nodes, and
# answers pods.
outside() {
	for address in 203.0.113.141 198.51.100.153 198.51.100.154 198.51.100.155; do
		echo "address add $address/32 dev lo"
	done
	for address in 113::141 51::153 51::154 51::155; do
		echo "address add 2001:db8:$address/128 dev lo"
	done
	for n in $nodes; do
		echo "route add 10.1.$n.0/24 via 10.100.0.1$n"
		echo "route add fd00:1:0:$n::/64 via fd00:100::1$n"
	done
}

serve_outside() {
	outside | ip -n "$prefix-out" -batch - || exit 99
	cluster_keys=extra=out
	serve
	cluster_keys=
}

behaviour() {
	label="route bridge dual"
	cluster_up dual
	serve_outside
	# shellcheck disable=SC2086
	if apply_rows $service_cidrs; then
		rows shared_port,balancer_modes,loopback,written
		rows several_slices,port_names,conditions,ending,topology,skipped
		rows random_ports
		outlive
	fi
	cluster_down
}

# A service goes while connections to it are there; its address is in the service CIDR.
outlive() {
	mkfifo "$objects/to" "$objects/from"
	$python "$here/rows_check.py" outlive "$prefix" "$label" <"$objects/to" >"$objects/from" &
	client=$!
	exec 3>"$objects/to" 4<"$objects/from"
	read -r ready <&4 && test "$ready" = ready || not_ok "$label: no connections: $ready"
	for n in $nodes; do
		# shellcheck disable=SC2086
		k8snet "$n" "$objects/cluster.json" "$rows" $service_cidrs --then \
			--remove Service/rows/gone --apply 2>"$scratch/error" ||
			{ not_ok "$label: the service stays"; cat "$scratch/error"; }
	done
	echo go >&3
	cat <&4
	exec 3>&- 4<&-
	wait $client || failures=$((failures + 1))
}

# mark_others MARK: all packets, before the library's rules; somebody else's doing.
mark_others() {
	ip netns exec "$prefix-n1" nft -f - <<-END
	table inet somebody {
		chain prerouting { type filter hook prerouting priority -200; meta mark set $1; }
		chain output { type route hook output priority -200; meta mark set $1; }
	}
	END
}

other_mark() {
	label="another mark"
	cluster_up dual
	serve
	if apply_rows --masquerade-mark 0x200000; then
		mark_others 0x4000
		rows foreign_mark
	fi
	cluster_down
}

overlay() {
	command -v conntrack >/dev/null || { echo "left out: conntrack is missing"; return; }
	label="overlay $1 dual"
	options="--mode overlay --link $1"
	cluster_up dual
	serve
	if apply_rows; then
		rows masqueraded_once
	fi
	cluster_down
}

behaviour
other_mark
overlay bridge
overlay ptp
finish
