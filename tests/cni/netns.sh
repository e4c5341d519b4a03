#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# CNI_NETNS and CNI_ARGS that a type has no use for may be anything, as with the reference
# plugins; those that it uses may not.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1
echo '{"cniVersion":"1.0.0","name":"net","type":"bridge","bridge":"br0","isGateway":true,
	"ipam":{"type":"host-local","dataDir":"'"$cni_tmp/leases"'","subnet":"10.9.0.0/24"}}' | cni bridge ADD c1
keep made

# KEYS
config() {
	echo '{"cniVersion":"1.0.0","name":"net","type":"any",'"$1"'}' | with_prev made
}
# TYPE COMMAND KEYS
accept() {
	config "$3" >"$cni_tmp/config"
	cni "$1" "$2" c1 <"$cni_tmp/config"
	same "$2 of $1 takes \"$CNI_NETNS\"" "$(status)$(get msg)" 0
	test "$2" != ADD || test ! -x "$cni_reference/$1" || {
		ours=$(normal)
		cni "$1" DEL c1 <"$cni_tmp/config"
		reference "$1" ADD c1 <"$cni_tmp/config"
		same "ADD of the reference's $1 takes it, too" "$(normal | sed 's/10[.]9[.]0[.][0-9]*/IP/')" \
			"$(echo "$ours" | sed 's/10[.]9[.]0[.][0-9]*/IP/')"
		reference "$1" DEL c1 <"$cni_tmp/config"
		cni "$1" ADD c1 <"$cni_tmp/config"
	}
}
refuse() {
	config "$3" | cni "$1" "$2" c1
	failed_with "$2 of $1 refuses \"$CNI_NETNS\"" 4 CNI_NETNS
}
host_local='"ipam":{"type":"host-local","subnet":"10.9.0.0/24","dataDir":"'"$cni_tmp/data"'"}'
static='"ipam":{"type":"static","addresses":[{"address":"10.9.0.2/24"}]}'
portmap='"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}'
limit='"ingressRate":80000,"ingressBurst":80000'
# The reference's host-local does not say what it has, ours takes what the other CHECKs.
for CNI_NETNS in /nonexistent/netns dummy /dev/null /run/../netns "$cni_tmp"; do
	export CNI_NETNS
	for command in ADD DEL; do
		accept host-local $command "$host_local"
	done
	config "$host_local" | cni host-local ADD c1
	keep result
	echo '{"cniVersion":"1.0.0","name":"net","type":"any",'"$host_local"'}' | with_prev result |
		cni host-local CHECK c1
	same "CHECK of host-local takes \"$CNI_NETNS\"" "$(status)$(get msg)" 0
	accept host-local DEL "$host_local"
	for command in ADD CHECK DEL; do
		accept static $command "$static"
		accept portmap $command "$portmap"
		accept firewall $command '"ingressPolicy":"same-bridge"'
		accept bandwidth $command '"ingressRate":0,"ingressBurst":0'
		test $command != DEL || continue
		refuse bandwidth $command "$limit"
		refuse firewall $command '"ingressPolicy":"isolated"'
		refuse bridge $command "$host_local"
		refuse ptp $command "$host_local"
		refuse tuning $command '"mtu":1400'
		refuse loopback $command '"dns":{}'
		refuse k8snet $command "$host_local"
	done
done
unset CNI_NETNS

# Which of them look at CNI_ARGS.
for CNI_ARGS in IP '=' 'X=1;IgnoreUnknown=maybe' 'X=1' ';'; do
	export CNI_ARGS
	for type in loopback portmap firewall bandwidth; do
		config '"dns":{}' | cni $type ADD c1
		same "$type does not look at CNI_ARGS \"$CNI_ARGS\"" "$(status)$(get msg)" 0
		config '"dns":{}' | cni $type DEL c1
	done
done
for CNI_ARGS in IP X=1 IgnoreUnknown=maybe; do
	export CNI_ARGS
	for type in bridge ptp host-local static tuning k8snet; do
		config "$host_local" | cni $type ADD c1
		failed_with "$type looks at CNI_ARGS \"$CNI_ARGS\"" 4 CNI_ARGS
	done
done
finish
