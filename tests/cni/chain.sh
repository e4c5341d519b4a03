#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Chains of plugins as podman, nerdctl, flannel (k3s) and kind configure them, run as libcni
# does, of our plugins, of the reference plugins, and of both mixed: packets, and nothing left.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2 outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip link set eth0 up
in_container outside ip route add 10.88.0.0/16 via 192.0.2.1
in_container outside ip route add 10.244.0.0/16 via 192.0.2.1
echo_server outside 7000
echo_server outside 7000 tcp
mkdir "$cni_tmp/cache"
data=$cni_tmp/data

runtime() {
	runtime_netns=$(netns_path "$3")
	test -e "$runtime_netns" || runtime_netns=
	runtime_command=$1 runtime_list=$2 runtime_container=$3
	shift 3
	host env CNI_CACHE="$cni_tmp/cache" CNI_PATH="${CNI_PATH-$cni_tmp/bin}" "$PYTHON" \
		"$top_srcdir/tests/cni/runtime.py" "$runtime_command" "$runtime_list" \
		"$cni_id-$runtime_container" "$runtime_netns" eth0 "$@" >"$cni_tmp/out" 2>"$cni_tmp/err"
	echo $? >"$cni_tmp/status"
	test "$(status)" = 0 || sed 's/^/# /' "$cni_tmp/err"
}
left() {
	host ip -o link show type veth | grep -v up0
	host ip -o link show type ifb | grep alias
	# What belongs to a bridge stays with it.
	host nft list ruleset 2>/dev/null | grep -e ' comment "' -e 'masquerade-[0-9]' -e 'hostport-[0-9]' | grep -v 'comment "bridge '
	ls "$data"/* 2>/dev/null | grep -v -e lock -e last -e :
	in_container c1 ip -o link | grep -v ': lo:'
}

cat >"$cni_tmp/podman" <<END
{"cniVersion":"0.4.0","name":"podman","plugins":[
 {"type":"bridge","bridge":"cni-podman0","isGateway":true,"ipMasq":true,"hairpinMode":true,
  "ipam":{"type":"host-local","dataDir":"$data","routes":[{"dst":"0.0.0.0/0"}],"ranges":[[{"subnet":"10.88.0.0/16","gateway":"10.88.0.1"}]]}},
 {"type":"portmap","capabilities":{"portMappings":true}},
 {"type":"firewall"},
 {"type":"tuning","dataDir":"$cni_tmp/tuning"}]}
END
cat >"$cni_tmp/nerdctl" <<END
{"cniVersion":"1.0.0","name":"bridge","plugins":[
 {"type":"bridge","bridge":"nerdctl0","isGateway":true,"ipMasq":true,"hairpinMode":true,
  "ipam":{"ranges":[[{"gateway":"10.88.4.1","subnet":"10.88.4.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}],"type":"host-local","dataDir":"$data"}},
 {"type":"portmap","capabilities":{"portMappings":true}},
 {"type":"firewall","ingressPolicy":"same-bridge"},
 {"type":"tuning","dataDir":"$cni_tmp/tuning"}]}
END
# What flannel's plugin hands on to bridge, and k3s' chain.
cat >"$cni_tmp/flannel" <<END
{"cniVersion":"1.0.0","name":"cbr0","plugins":[
 {"type":"bridge","bridge":"cni0","hairpinMode":true,"forceAddress":true,"isDefaultGateway":true,"isGateway":true,"ipMasq":false,"mtu":1450,
  "ipam":{"type":"host-local","dataDir":"$data","ranges":[[{"subnet":"10.244.1.0/24"}]],"routes":[{"dst":"10.244.0.0/16"}]}},
 {"type":"portmap","capabilities":{"portMappings":true}},
 {"type":"bandwidth","capabilities":{"bandwidth":true}}]}
END
cat >"$cni_tmp/kind" <<END
{"cniVersion":"0.3.1","name":"kindnet","plugins":[
 {"type":"ptp","ipMasq":false,"mtu":1500,
  "ipam":{"type":"host-local","dataDir":"$data","routes":[{"dst":"0.0.0.0/0"}],"ranges":[[{"subnet":"10.244.0.0/24"}]]}},
 {"type":"portmap","capabilities":{"portMappings":true}}]}
END
ports='portMappings=[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]'
bandwidth='bandwidth={"ingressRate":80000000,"ingressBurst":800000,"egressRate":80000000,"egressBurst":800000}'

# NAME CONFLIST [unchecked]: some CHECKs of theirs find fault with their own results
try() {
	runtime ADD "$cni_tmp/$2" c1 "$ports" "$bandwidth"
	same "$1: ADD" "$(status)" 0
	address=$(get ips.0.address | cut -d/ -f1)
	echo_server c1 80 tcp c1
	runtime ADD "$cni_tmp/$2" c2
	same "$1: ADD of another" "$(status)" 0
	in_container c2 ping -c 1 -W 2 "$address" >/dev/null && ok "$1: neighbours" || not_ok "$1: neighbours"
	case $2 in
	podman | nerdctl) source=192.0.2.1 ;;
	*) source=$address ;;
	esac
	same "$1: to the outside" "$(ask c1 192.0.2.9 7000 tcp)" "$source"
	same "$1: the port from the outside" "$(ask outside 192.0.2.1 8080 tcp)" "c1 192.0.2.9"
	same "$1: the port from the node's loopback" "$(ask host 127.0.0.1 8080 tcp | cut -d' ' -f1)" c1
	same "$1: the port from the neighbour" "$(ask c2 192.0.2.1 8080 tcp | cut -d' ' -f1)" c1
	same "$1: the port from itself" "$(ask c1 192.0.2.1 8080 tcp | cut -d' ' -f1)" c1
	case $2${3-} in
	kind | *unchecked) ;;
	*)
		runtime CHECK "$cni_tmp/$2" c1 "$ports" "$bandwidth"
		same "$1: CHECK" "$(status)" 0
		;;
	esac
	runtime DEL "$cni_tmp/$2" c1 "$ports" "$bandwidth"
	same "$1: DEL" "$(status)" 0
	runtime DEL "$cni_tmp/$2" c1 "$ports" "$bandwidth"
	same "$1: the second DEL" "$(status)" 0
	same "$1: after DEL the port is closed" "$(ask outside 192.0.2.1 8080 tcp)" "no answer"
	ip netns del "$(netns_name c2)"
	runtime DEL "$cni_tmp/$2" c2
	same "$1: DEL without a namespace" "$(status)" 0
	netns_add c2
}
for list in podman nerdctl flannel kind; do
	try "$list" $list
	same "$list: nothing is left" "$(left)" ""
done
# With the namespace gone, and with it all that it had; then GC.
runtime ADD "$cni_tmp/flannel" c1 "$ports" "$bandwidth"
ip netns del "$(netns_name c1)"
netns_add c1
sed 's/"cniVersion":"1.0.0"/"cniVersion":"1.1.0"/' "$cni_tmp/flannel" >"$cni_tmp/flannel11"
runtime GC "$cni_tmp/flannel11" none 'attachments=[]'
same "GC of what lost its namespace" "$(status) $(left)" "0 "

if test -x "$cni_reference/bridge"; then
	# Their tables need iptables' modules; look first whether they work here at all.
	export PLUGIN_portmap PLUGIN_bridge PLUGIN_host_local PLUGIN_firewall PLUGIN_ptp PLUGIN_bandwidth PLUGIN_tuning
	PLUGIN_bridge=$cni_reference PLUGIN_ptp=$cni_reference
	try "their links, our chain: flannel" flannel unchecked
	try "their links, our chain: kind" kind
	# Of a namespace that goes the kernel takes the links away when it comes to it.
	for _ in $(seq 50); do
		test -n "$(left)" || break
		sleep 0.1
	done
	same "their links, our chain: nothing of ours is left" "$(left)" ""
	PLUGIN_bridge=$cni_tmp/bin PLUGIN_ptp=$cni_tmp/bin
	PLUGIN_bandwidth=$cni_reference PLUGIN_tuning=$cni_reference
	try "our links, their bandwidth: flannel" flannel
	if host iptables -t nat -L >/dev/null 2>&1; then
		PLUGIN_portmap=$cni_reference
		try "our links, their portmap: flannel" flannel unchecked
		PLUGIN_firewall=$cni_reference
		try "our links, their rest: podman" podman unchecked
	else
		echo "# iptables does not work here: their portmap and firewall are not tried"
	fi
fi
finish
