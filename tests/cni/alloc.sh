#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# No memory: whichever allocation of a call fails, its own or one of the C library's,
# the plugin says so, a failed ADD leaves nothing, and DEL and GC can be repeated. CNI_ALLOC_ALL=1: of long calls all, too.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_plugin=$top_builddir/tests/cni/k8snet_alloc
cni_start
netns_add c1 c2 c3
mkdir "$cni_tmp/data"
host ip link add up0 type veth peer name eth0 netns "$(netns_name c3)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up

# TYPE NAME [cold | delegating] <CONFIG
attempt() {
	host "$PYTHON" "$top_srcdir/tests/cni/failing_allocations.py" "$cni_tmp" "$netns_prefix" "$@" ||
		touch "$cni_tmp/failed"
}
# TYPE KEYS
config() {
	echo "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"$1\",$2}"
}

local='"ipam":{"type":"host-local","dataDir":"'$cni_tmp/data'","ranges":[[{"subnet":"10.9.0.0/24"}],
	[{"subnet":"fd09::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}'
bridge='"bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,"dns":{"nameservers":["10.9.0.1"]}'
ports='"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},
	{"hostPort":8053,"containerPort":53,"protocol":"udp","hostIP":"127.0.0.1"}]'
rates='"bandwidth":{"ingressRate":80000000,"ingressBurst":800000,"egressRate":80000000,"egressBurst":800000}'
fixed='"ipam":{"type":"static","addresses":[{"address":"10.9.0.5/24","gateway":"10.9.0.1"}],
	"routes":[{"dst":"192.0.2.0/24"}]}'

config loopback '"a":1' | attempt loopback "loopback"
config bridge "$bridge,$local" | attempt bridge "bridge, host-local, ipMasq"
config bridge "$bridge,$fixed" | attempt bridge "bridge, static"
config ptp "\"ipMasq\":true,$local" | attempt ptp "ptp"
config k8snet "\"mode\":\"ptp\",$local,\"runtimeConfig\":{$ports,$rates},\"peers\":[{\"dst\":\"10.9.7.0/24\",\"gw\":\"192.0.2.9\"}]" |
	attempt k8snet "k8snet"
# Another program, that has the memory.
printf '#!/bin/sh\nexec env -u K8SNET_FAIL "%s/bin/host-local"\n' "$cni_tmp" >"$cni_tmp/bin/other"
chmod +x "$cni_tmp/bin/other"
config bridge "$bridge,$(echo "$local" | sed s/host-local/other/)" | attempt bridge "bridge, IPAM of another program" delegating
config host-local "$local" | attempt host-local "host-local by itself"

# --- those in a chain ------------------------------------------------------------------------
for container in c1 c2; do
	config bridge "$bridge,$local" | sed 's/"net"/"base"/' | cni bridge ADD $container
	test "$(status)" = 0 || not_ok "bridge for the chain: $(out)"
	keep prev-$container
done
config portmap "\"snat\":true,\"runtimeConfig\":{$ports}" | attempt portmap "portmap"
config portmap "\"conditionsV4\":[\"-d\",\"192.0.2.0/24\"],\"runtimeConfig\":{$ports}" |
	attempt portmap "portmap, conditions"
config bandwidth "\"runtimeConfig\":{$rates}" | attempt bandwidth "bandwidth"
config firewall '"ingressPolicy":"isolated"' | attempt firewall "firewall"
config tuning '"dataDir":"'"$cni_tmp/data"'","sysctl":{"net.core.somaxconn":"500","net.ipv4.conf.IFNAME.arp_filter":"1"},
	"mac":"02:00:00:00:00:07","mtu":1400,"promisc":true' | attempt tuning "tuning"
for container in c1 c2; do
	config bridge "$bridge,$local" | sed 's/"net"/"base"/' | cni bridge DEL $container
	rm "$cni_tmp/prev-$container"
done
config bridge "$bridge,$local" | attempt bridge "bridge, the first of a node" cold
check "all of it" test ! -e "$cni_tmp/failed"
finish
