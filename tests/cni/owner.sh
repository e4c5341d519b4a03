#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Owners whose text is as long as a comment of nftables may be, a byte shorter, and longer:
# what each type of plugin has written it finds again.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1
id=$(printf '%064d' 1)
# The chain FORWARD of iptables may be there or not.
host iptables-nft -P FORWARD DROP 2>/dev/null || echo "# no iptables-nft here"

# LENGTH, of "NETWORK ID eth0"
configure() {
	network=$(printf "%0$(($1 - 64 - 4 - 2))d" 0)
	owner="$network $id eth0"
	ports='"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},
		{"hostPort":8053,"containerPort":53,"protocol":"udp","hostIP":"192.0.2.1"}]}'
	write bridge '"bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,"ipam":{"type":"host-local",
		"dataDir":"'"$cni_tmp/data"'","ranges":[[{"subnet":"10.9.0.0/24"}],[{"subnet":"fd09::/64"}]]}'
	write portmap "$ports"
	write firewall '"ingressPolicy":"isolated"'
	write bandwidth '"ingressRate":80000,"ingressBurst":80000,"egressRate":80000,"egressBurst":80000'
	write tuning '"mtu":1400,"dataDir":"'"$cni_tmp/backups"'"'
}
write() {
	echo '{"cniVersion":"1.1.0","name":"'"$network"'","type":"'"$1"'",'"$2}" >"$cni_tmp/$1"
}
call() {
	if test -e "$cni_tmp/result" && test "$2" != GC; then
		with_prev result <"$cni_tmp/$1"
	else
		cat "$cni_tmp/$1"
	fi | CNI_ID=$id cni "$@" c1
	same "$length bytes: $2 of $1" "$(status)$(get msg)" 0
}
add() {
	rm -f "$cni_tmp/result"
	for type in $types; do
		call "$type" ADD
		keep result
	done
}
# Comments and aliases with an owner, links, leases.
left() {
	{ host nft list ruleset | grep -e comment -e elements; host ip -o link; } |
		grep -c -e "$id" -e '#' -e elements -e ifb -e veth
	find "$cni_tmp/data" "$cni_tmp/backups" -name '[1f]*.*' -o -name '*json' | grep -c .
}

types="bridge portmap firewall bandwidth tuning"
reverse="tuning bandwidth firewall portmap bridge"
for length in 126 127 128; do
	configure $length
	same "$length bytes" "$(printf %s "$owner" | wc -c)" $length
	add
	written=$(host nft list ruleset | grep -c "comment \"$owner\"")
	check "$length bytes: written as it is, while there is room for it" \
		test "$written" -gt 0 -o $length -gt 127
	for type in $types; do call "$type" CHECK; done
	for type in $reverse; do
		call "$type" DEL
	done
	same "$length bytes: DEL leaves nothing but the bridge's policy" "$(left | tr '\n' ' ')" "2 0 "
	add
	# They are looked for by their owner alone.
	rm "$cni_tmp/result"
	for type in $reverse; do
		CNI_NETNS='' call "$type" DEL
	done
	same "$length bytes: nor does DEL without prevResult and namespace" "$(left | tr '\n' ' ')" "2 0 "
	add
	for what in '{"containerID":"'"$id"'","ifname":"eth0"}' ''; do
		before=$(host nft list ruleset)
		# A bridge loses its policy when it has no port any more.
		for type in $types; do
			sed "s/}\$/,\"cni.dev\/valid-attachments\":[$what]}/" "$cni_tmp/$type" >"$cni_tmp/gc"
			CNI_ID=$id cni "$type" GC c1 <"$cni_tmp/gc"
			same "$length bytes: GC of $type" "$(status)$(get msg)" 0
		done
		test -z "$what" || same "$length bytes: GC leaves what is valid" "$(host nft list ruleset)" "$before"
	done
	same "$length bytes: GC leaves nothing" "$(left | tr '\n' ' ')" "0 0 "
done
finish
