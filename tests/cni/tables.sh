#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tables, as the plugin sends them, against the same as nft text: as the kernel tells them,
# byte by byte, and as nft lists them; and nft reads its list again.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 nft again
compare=$top_srcdir/tests/netns/rules_compare.py
ports='{"hostPort":8080,"containerPort":80,"protocol":"tcp"}'

# ip_text FAMILY TYPE CONDITIONS SUFFIX
ip_text() {
	cat <<END
table $1 k8snet-cni {
	set version-2 { type mark; }
	map masqueraded { type $2 : verdict; }
	map hostports { type $2 . inet_proto . inet_service : $2 . inet_service; }
	map hostports-any { type inet_proto . inet_service : $2 . inet_service; }
	map hostport-sources { type $2 . inet_proto . inet_service : verdict; }
	set bridges { type ifname; }
	set same-bridge { type ifname . ifname; }
	chain masquerade-all { }
	chain hostports { }
	chain conditional-hostports { }
	chain prerouting { type nat hook prerouting priority dstnat; }
	chain output { type nat hook output priority -100; }
	chain hostport-sources { }
	chain postrouting { type nat hook postrouting priority srcnat; }
	chain forward { type filter hook forward priority filter - 1; }
}
table $1 k8snet-cni {
	chain masquerade-all { masquerade; }
	chain hostports {
		dnat $1 to $1 daddr . meta l4proto . th dport map @hostports
		dnat $1 to meta l4proto . th dport map @hostports-any
	}
	chain prerouting {
		fib daddr type != local return
		jump conditional-hostports
		goto hostports
	}
	chain output {
		fib daddr type != local return
		jump conditional-hostports
		goto hostports
	}
	chain hostport-sources {
		meta l4proto tcp $1 daddr . meta l4proto . ct original proto-dst vmap @hostport-sources
		meta l4proto udp $1 daddr . meta l4proto . ct original proto-dst vmap @hostport-sources
		meta l4proto sctp $1 daddr . meta l4proto . ct original proto-dst vmap @hostport-sources
	}
	chain postrouting {
		ct status dnat jump hostport-sources
		$1 saddr vmap @masqueraded
	}
	chain forward {
		iifname . oifname @same-bridge accept
		iifname @bridges oifname @bridges drop
	}
}
table $1 k8snet-cni {
	chain hostports$4 { }
	map hostports$4 { type $2 . inet_proto . inet_service : $2 . inet_service; }
	map hostports-any$4 { type inet_proto . inet_service : $2 . inet_service; }
	chain hostports$4 {
		dnat $1 to $1 daddr . meta l4proto . th dport map @hostports$4
		dnat $1 to meta l4proto . th dport map @hostports-any$4
	}
	chain conditional-hostports { $3 jump hostports$4; }
}
END
}

bridge_text() {
	cat <<END
table bridge k8snet-cni {
	set version-2 { type mark; }
	set checked-ports { type ifname; }
	set mac-addresses { type ifname . ether_addr; }
	set isolated-ports { type ifname; }
	chain forward { type filter hook forward priority -200; }
	chain prerouting { type filter hook prerouting priority -300; }
}
table bridge k8snet-cni {
	chain forward {
		iifname @isolated-ports oifname @isolated-ports ether type ip drop
		iifname @isolated-ports oifname @isolated-ports ether type ip6 drop
	}
	chain prerouting {
		iifname @checked-ports iifname . ether saddr != @mac-addresses drop
	}
}
END
}

# dump WHERE NFPROTO FILE
dump() {
	ip netns exec "$(netns_name "$1")" /usr/bin/python3 "$compare" "$2" >"$3"
}

list() {
	ip netns exec "$(netns_name "$1")" nft list ruleset
}

config() { # TYPE KEYS
	echo "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"$1\",$2}"
}

ipam="\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$cni_tmp/data\",\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"}],[{\"subnet\":\"fd09::/64\"}]]}"
bridge="\"bridge\":\"br0\",\"macspoofchk\":true,$ipam"
conditions='"conditionsV4":["-s","10.0.0.0/8","!","-d","192.0.2.1","!","-i","eth9","-s","0.0.0.0/1"],
	"conditionsV6":["ip6","saddr","!=","2001:db8::/33","-d","2001:db8::1","-i","eth0","-s","fd00::/8"]'
mapped="$conditions,\"runtimeConfig\":{\"portMappings\":[$ports]}"
config bridge "$bridge" | cni bridge ADD c1
keep c1
config portmap "$mapped" | with_prev c1 | cni portmap ADD c1
same "ADD" "$(status)" 0
suffix4=$(host nft list chain ip k8snet-cni conditional-hostports | sed -n 's/.*jump hostports//p')
suffix6=$(host nft list chain ip6 k8snet-cni conditional-hostports | sed -n 's/.*jump hostports//p')
config portmap "$mapped" | with_prev c1 | cni portmap DEL c1
config bridge "$bridge" | with_prev c1 | cni bridge DEL c1
same "DEL" "$(status)" 0

{
	ip_text ip ipv4_addr 'ip saddr 10.0.0.0/8 ip daddr != 192.0.2.1 iifname != "eth9" ip saddr 0.0.0.0/1' "$suffix4"
	ip_text ip6 ipv6_addr 'ip6 saddr != 2001:db8::/33 ip6 daddr 2001:db8::1 iifname "eth0" ip6 saddr fd00::/8' "$suffix6"
	bridge_text
} >"$cni_tmp/text"
ip netns exec "$(netns_name nft)" nft -f "$cni_tmp/text" || not_ok "the text"
for family in 2 10 7; do
	dump host $family "$cni_tmp/ours"
	dump nft $family "$cni_tmp/nft"
	least=$(test $family = 7 && echo 10 || echo 30)
	check "family $family: the same bytes" /usr/bin/python3 "$compare" "$family" "$cni_tmp/nft" "$cni_tmp/ours" "$least"
done
list host | sort >"$cni_tmp/ours"
list nft | sort >"$cni_tmp/nft"
check "the same list" cmp "$cni_tmp/ours" "$cni_tmp/nft"
list host >"$cni_tmp/ours"
ip netns exec "$(netns_name again)" nft -f "$cni_tmp/ours" || not_ok "nft does not read its list"
list again >"$cni_tmp/again"
check "which it reads again" cmp "$cni_tmp/ours" "$cni_tmp/again"
finish
