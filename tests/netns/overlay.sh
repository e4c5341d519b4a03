#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The overlay on the wire, a peer made by hand as flannel's VXLAN backend makes
# it, and direct routing.
. "$(dirname "$0")/e2e.sh"

in_out() {
	ip netns exec "$prefix-out" "$@"
}

mac_of() {
	ip netns exec "$prefix-n$1" cat "/sys/class/net/vxlan$2.1/address"
}

# wire GROUP: what a group of traffic puts on the underlay.
wire() {
	mkfifo "$objects/wire"
	# shellcheck disable=SC2086
	$python "$here/wire.py" "$prefix-out" >"$objects/wire" &
	witness=$!
	{
		read -r _
		check "$label" "$1" >"$scratch/traffic"
		sleep 0.2
		kill -TERM $witness
		cat >"$objects/frames"
	} <"$objects/wire"
	wait $witness 2>/dev/null
	rm "$objects/wire"
	grep -v '^ok' "$scratch/traffic"
	sort -u "$objects/frames" >"$objects/frames.sorted"
}

# Everything between pods of two nodes is in VXLAN, to the right VTEP.
on_the_wire() {
	wire pods
	for from in $nodes; do
		for to in $nodes; do
			test "$from" = "$to" && continue
			for f in $(echo "$1" | sed 's/dual/4 6/; s/ipv//'); do
				at="10.100.0.1"
				test "$f" = 4 || at="fd00:100::1"
				echo "vxlan IPv$f $at$from $at$to port 8472 vni 1" \
					"$(mac_of "$from" "$f") $(mac_of "$to" "$f") IPv$f"
			done
		done
	done | sort >"$scratch/expected"
	same "$label: VXLAN, UDP port 8472, VNI 1, from VTEP to VTEP" "$scratch/expected" \
		"$objects/frames.sorted"
}

# Node 9, by hand, step by step as flannel 0.25: flannel.1 with VNI 1, port 8472,
# nolearning, its subnet's address on it; for each peer ARP, FDB, route.
flannel_family() {
	f=$1 six= at=10.100.0.1 subnet=10.1. host=.0 end=.0/24 one=/32 full=/24 device=flannel.1
	if test "$f" = 6; then
		six=-6 at=fd00:100::1 subnet=fd00:1:0: host=:: end=::/64 one=/128 full=/64
		device=flannel-v6.1
	fi
	cat <<-END
	link add $device type vxlan id 1 local ${at}9 dev eth0 dstport 8472 nolearning
	link set $device mtu $((1500 - overhead)) up
	address add ${subnet}9$host$one dev $device
	END
	for n in $nodes; do
		cat <<-END
		neigh replace ${subnet}$n$host lladdr $(mac_of "$n" "$f") nud permanent dev $device
		route replace ${subnet}$n$end via ${subnet}$n$host dev $device onlink
		END
	done
}

flannel_entries() {
	at=10.100.0.1 device=flannel.1
	test "$1" = 4 || at=fd00:100::1 device=flannel-v6.1
	for n in $nodes; do
		echo "fdb append $(mac_of "$n" "$1") dev $device dst $at$n"
	done
}

flannel_up() {
	ip -batch - <<-END
	netns add $prefix-n9
	netns add $prefix-client-9
	END
	ip -n "$prefix-out" -batch - <<-END
	link add n9 type veth peer name eth0 netns $prefix-n9
	link set n9 master ul100 up
	END
	ip -n "$prefix-n9" -batch - <<-END
	link set eth0 addrgenmode none up
	address add 10.100.0.19/24 dev eth0
	address add fd00:100::19/64 dev eth0 nodad
	address add fe80::19/64 dev eth0 nodad
	link add cni0 type bridge
	link set cni0 addrgenmode none mtu $((1500 - overhead)) up
	link add v9 mtu $((1500 - overhead)) type veth peer name eth0 mtu $((1500 - overhead)) netns $prefix-client-9
	link set v9 master cni0 up
	address add 10.1.9.1/24 dev cni0
	address add fd00:1:0:9::1/64 dev cni0 nodad
	address add fe80::1/64 dev cni0 nodad
	$(for f in $1; do flannel_family "$f"; done)
	END
	for f in $1; do flannel_entries "$f"; done | bridge -n "$prefix-n9" -batch -
	ip netns exec "$prefix-n9" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	ip -n "$prefix-client-9" -batch - <<-END
	link set lo up
	link set eth0 up
	address add 10.1.9.2/24 dev eth0
	address add fd00:1:0:9::2/64 dev eth0 nodad
	route add default via 10.1.9.1
	route add default via fd00:1:0:9::1
	END
}

# What flannel writes on its Node object.
flannel_node() {
	v4=$(ip netns exec "$prefix-n9" cat /sys/class/net/flannel.1/address)
	v6=$(ip netns exec "$prefix-n9" cat /sys/class/net/flannel-v6.1/address)
	cat <<-END
	{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-9", "annotations": {
	  "flannel.alpha.coreos.com/backend-type": "vxlan",
	  "flannel.alpha.coreos.com/backend-data": "{\"VNI\":1,\"VtepMAC\":\"$v4\"}",
	  "flannel.alpha.coreos.com/backend-v6-data": "{\"VNI\":1,\"VtepMAC\":\"$v6\"}",
	  "flannel.alpha.coreos.com/public-ip": "10.100.0.19"}},
	 "spec": {"podCIDRs": ["10.1.9.0/24", "fd00:1:0:9::/64"]},
	 "status": {"addresses": [{"type": "InternalIP", "address": "10.100.0.19"},
	   {"type": "InternalIP", "address": "fd00:100::19"}]}}
	END
}

flannel() {
	combination overlay "$1" dual
	cluster_up dual
	apply || return
	flannel_up "4 6"
	flannel_node >"$objects/flannel.json"
	for n in $nodes; do
		k8snet "$n" "$objects/cluster.json" "$objects/flannel.json" --apply 2>"$scratch/error" ||
			{ not_ok "$label: a flannel peer"; cat "$scratch/error"; }
	done
	# shellcheck disable=SC2086
	$python "$here/flows.py" serve "$prefix" dual extra=client-9 >"$scratch/ready" &
	server=$!
	until test -s "$scratch/ready"; do sleep 0.05; done
	check "$label" flannel
	stop_server
	rm "$scratch/ready"
	cluster_down
}

direct() {
	combination overlay bridge "$1"
	options="$options --direct-routing"
	label="$label, direct routing"
	cluster_up "$1"
	serve
	if apply; then
		wire pods
		grep '^vxlan' "$objects/frames.sorted" >"$scratch/vxlan"
		grep -q '^plain' "$objects/frames.sorted" && ! test -s "$scratch/vxlan" &&
			ok "$label: no VXLAN between peers on one link" ||
			not_ok "$label: VXLAN between peers on one link"
		all_empty "$label"
	fi
	cluster_down
	# The third node is behind a router: it takes VXLAN, the others do not.
	cluster_up "$1" far=1
	serve
	if apply; then
		wire pods
		grep '^vxlan' "$objects/frames.sorted" | cut -d' ' -f3,4 | tr ' ' '\n' | sort -u >"$scratch/ends"
		grep '^plain' "$objects/frames.sorted" | cut -d' ' -f3,4 | tr ' ' '\n' | sort -u >"$scratch/pods"
		if grep -q '101.*3$' "$scratch/ends" && ! grep -qE '10\.1\.3\.|:0:3::' "$scratch/pods" &&
			test "$(grep -c . "$scratch/ends")" = $(($(echo "$1" | grep -c dual) * 3 + 3)) &&
			test -s "$scratch/pods"; then
			ok "$label: VXLAN only to the peer behind a router"
		else
			not_ok "$label: with a peer behind a router"
			cat "$scratch/ends" "$scratch/pods"
		fi
		check "$label, far" full_size
		all_empty "$label, far"
	fi
	cluster_down
}

for each in ipv4 ipv6 dual; do
	combination overlay bridge $each
	cluster_up $each
	serve
	if apply; then on_the_wire $each; fi
	cluster_down
done
flannel bridge
flannel ptp
direct ipv4
direct dual
finish
