#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# portmap: ports of the node, from everywhere, with packets; conntrack; DEL, CHECK, GC.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2 outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip address add 192.0.2.2/24 dev up0
host ip address add 2001:db8::1/64 dev up0 nodad
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip address add 2001:db8::9/64 dev eth0 nodad
in_container outside ip link set eth0 up
in_container outside ip route add 10.9.0.0/24 via 192.0.2.1
in_container outside ip route add fd09::/64 via 2001:db8::1

data=$cni_tmp/data
echo '{"cniVersion":"1.0.0","name":"net","type":"bridge","bridge":"br0","isDefaultGateway":true,"hairpinMode":true,
	"ipam":{"type":"host-local","dataDir":"'"$data"'","ranges":[[{"subnet":"10.9.0.0/24"}],[{"subnet":"fd09::/64"}]]}}' \
	>"$cni_tmp/bridge"
# With br_netfilter a container reaches itself only past its own port, hence hairpinMode.
cni bridge ADD c1 <"$cni_tmp/bridge"
keep c1
cni bridge ADD c2 <"$cni_tmp/bridge"
keep c2
for c in c1 c2; do
	echo_server $c 80 tcp $c
	echo_server $c 80 udp $c
done
echo_server outside 8080 tcp outside

# KEYS MAPPINGS [VERSION]
config() {
	echo "{\"cniVersion\":\"${3:-1.0.0}\",\"name\":\"net\",\"type\":\"portmap\"${1:+,}$1,
		\"runtimeConfig\":{\"portMappings\":[$2]}}"
}
tcp='{"hostPort":8080,"containerPort":80,"protocol":"tcp"}'
udp='{"hostPort":8080,"containerPort":80,"protocol":"udp"}'
elements() {
	host nft list ruleset | grep -c -e ' comment "' -e 'chain hostport-[0-9f]'
}
add() {
	config "$1" "$2" | with_prev "${3:-c1}" | cni portmap ADD "${3:-c1}"
	test "$(status)" = 0 || echo "# $(out)"
}
del() {
	config "$1" "$2" | with_prev "${3:-c1}" | cni portmap DEL "${3:-c1}"
	same "DEL of $1 ${3:-c1}" "$(status)$(out) $(elements)" "0 ${4:-0}"
}
told() {
	same "$1" "$(ask "$2" "$3" "$4" "${5:-tcp}")" "$6"
}

# --- from everywhere --------------------------------------------------------------------------
add '' "$tcp,$udp"
same "ADD passes on what came" "$(get ips.0.address) $(get interfaces.2.name)" "10.9.0.2/24 eth0"
told "from outside" outside 192.0.2.1 8080 tcp "c1 192.0.2.9"
told "from outside, UDP" outside 192.0.2.1 8080 udp "c1 192.0.2.9"
told "from outside, another address of the node" outside 192.0.2.2 8080 tcp "c1 192.0.2.9"
told "from outside, IPv6" outside 2001:db8::1 8080 tcp "c1 2001:db8::9"
told "from outside, IPv6 and UDP" outside 2001:db8::1 8080 udp "c1 2001:db8::9"
told "from the node's loopback" host 127.0.0.1 8080 tcp "c1 10.9.0.1"
told "from the node's loopback, UDP" host 127.0.0.1 8080 udp "c1 10.9.0.1"
told "from the node" host 192.0.2.1 8080 tcp "c1 192.0.2.1"
told "from the neighbour" c2 192.0.2.1 8080 tcp "c1 10.9.0.1"
told "from the neighbour, UDP" c2 192.0.2.1 8080 udp "c1 10.9.0.1"
told "from the neighbour, IPv6" c2 2001:db8::1 8080 tcp "c1 fd09::1"
told "from the container itself" c1 192.0.2.1 8080 tcp "c1 10.9.0.1"
told "from the container itself, UDP" c1 192.0.2.1 8080 udp "c1 10.9.0.1"
told "from the neighbour, to the bridge's address" c2 10.9.0.1 8080 tcp "c1 10.9.0.1"
told "a port that is not mapped" outside 192.0.2.1 8081 tcp "no answer"
told "the port of somebody else is not the node's" c1 192.0.2.9 8080 tcp "outside 10.9.0.2"
told "without the node: nothing is masqueraded" outside 10.9.0.2 80 tcp "c1 192.0.2.9"
config '' "$tcp,$udp" | with_prev c1 | cni portmap CHECK c1
same "CHECK" "$(status)$(out)" 0
host nft delete element ip k8snet-cni hostports-any '{ udp . 8080 : 10.9.0.2 . 80 }'
config '' "$tcp,$udp" | with_prev c1 | cni portmap CHECK c1
failed_with "CHECK: a mapping is gone" 103 "in set hostports-any of table ip k8snet-cni"
del '' "$tcp,$udp"
told "after DEL" outside 192.0.2.1 8080 tcp "no answer"
del '' "$tcp,$udp"

# --- DEL that knows little ----------------------------------------------------------------------
add '' "$tcp,$udp"
config '' "$tcp,$udp" | cni portmap DEL c1
same "DEL without prevResult" "$(status)$(out) $(elements)" "0 0"
add '' "$tcp,$udp"
config '' '' | CNI_NETNS='' cni portmap DEL c1
same "DEL without mappings and namespace" "$(status)$(out) $(elements)" "0 0"
config '' '' | with_prev c1 | cni portmap ADD c1
same "no mappings" "$(status) $(elements) $(get ips.0.address)" "0 0 10.9.0.2/24"
config '' '' | with_prev c1 | cni portmap CHECK c1
same "CHECK without mappings" "$(status)$(out)" 0
config '' "$tcp" | cni portmap ADD c1
failed_with "ADD without prevResult" 7 "must be called as chained plugin"

# --- hostIP ----------------------------------------------------------------------------------------
add '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.2"}'
told "hostIP" outside 192.0.2.2 8080 tcp "c1 192.0.2.9"
told "not the other address" outside 192.0.2.1 8080 tcp "no answer"
told "nor IPv6" outside 2001:db8::1 8080 tcp "no answer"
add '' '{"hostPort":8080,"containerPort":80,"protocol":"TCP","hostIP":"0.0.0.0"}' c2
told "that address, while another has all" outside 192.0.2.2 8080 tcp "c1 192.0.2.9"
told "all the others" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
told "0.0.0.0 is not IPv6" outside 2001:db8::1 8080 tcp "no answer"
del '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.2"}' c1 3
told "now it has all" outside 192.0.2.2 8080 tcp "c2 192.0.2.9"
del '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"0.0.0.0"}' c2
add '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"127.0.0.1"}'
told "on the node's loopback only" host 127.0.0.1 8080 tcp "c1 10.9.0.1"
told "not from outside" outside 192.0.2.1 8080 tcp "no answer"
del '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"127.0.0.1"}'
add '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"2001:db8::1"}'
told "an IPv6 address" outside 2001:db8::1 8080 tcp "c1 2001:db8::9"
del '' '{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"2001:db8::1"}'
# What is not the node's: the one outside, which answers itself, and one that it gets later.
echo_server outside 53 udp outside
for condition in '' '"conditionsV4":["!","-s","192.0.2.7"],"conditionsV6":["!","-s","2001:db8::7"]'; do
	with=${condition:+, with conditions}
	for address in 192.0.2.9 2001:db8::9; do
		mapping='{"hostPort":53,"containerPort":80,"protocol":"udp","hostIP":"'$address'"},
			{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"'$address'"}'
		add "$condition" "$mapping"
		# Their source is not looked at: a container's is the node's here, or not.
		for from in c2 host; do
			for what in "53 udp" "8080 tcp"; do
				same "hostIP $address is not the node's$with: from $from, $what" \
					"$(ask $from $address $what | cut -d' ' -f1)" outside
			done
		done
		config "$condition" "$mapping" | with_prev c1 | cni portmap CHECK c1
		same "hostIP $address is not the node's$with: CHECK" "$(status)$(out)" 0
		del "$condition" "$mapping"
	done
	later='{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.3"}'
	add "$condition" "$later"
	told "hostIP that is not there yet$with" outside 192.0.2.3 8080 tcp "no answer"
	host ip address add 192.0.2.3/24 dev up0
	told "hostIP that the node has got$with" outside 192.0.2.3 8080 tcp "c1 192.0.2.9"
	host ip address del 192.0.2.3/24 dev up0
	del "$condition" "$later"
done

# --- who comes last has the port -----------------------------------------------------------------------
add '' "$tcp"
add '' "$tcp" c2
told "two map one port: the last one has it" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
config '' "$tcp" | with_prev c1 | cni portmap DEL c1
same "DEL of the first" "$(status)$(out)" 0
told "leaves it to the last one" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
del '' "$tcp" c2

# --- snat, masqAll --------------------------------------------------------------------------------------
add '"snat":false' "$tcp"
told "snat off: from outside" outside 192.0.2.1 8080 tcp "c1 192.0.2.9"
told "snat off: not from the loopback" host 127.0.0.1 8080 tcp "no answer"
same "snat off: nothing is masqueraded" "$(host nft list map ip k8snet-cni hostport-sources | grep -c elements)" 0
del '"snat":false' "$tcp"
add '"masqAll":true' "$tcp"
told "masqAll: from outside" outside 192.0.2.1 8080 tcp "c1 10.9.0.1"
told "masqAll: from outside, IPv6" outside 2001:db8::1 8080 tcp "c1 fd09::1"
told "masqAll: from the loopback" host 127.0.0.1 8080 tcp "c1 10.9.0.1"
told "masqAll: only what was mapped" outside 10.9.0.2 80 tcp "c1 192.0.2.9"
del '"masqAll":true' "$tcp"

# --- conditions -------------------------------------------------------------------------------------------
for form in '["!","-s","192.0.2.9/32"]' '["ip","saddr","!=","192.0.2.9"]' '["ip saddr != 192.0.2.9"]'; do
	add "\"conditionsV4\":$form" "$tcp"
	told "$form: excluded" outside 192.0.2.1 8080 tcp "no answer"
	told "$form: not excluded" c2 192.0.2.1 8080 tcp "c1 10.9.0.1"
	told "$form: IPv6 has no conditions" outside 2001:db8::1 8080 tcp "c1 2001:db8::9"
	config "\"conditionsV4\":$form" "$tcp" | with_prev c1 | cni portmap CHECK c1
	same "$form: CHECK" "$(status)$(out)" 0
	del "\"conditionsV4\":$form" "$tcp"
done
both='"conditionsV4":["-d","192.0.2.2","!","-i","nowhere0"],"conditionsV6":["!","-s","2001:db8::9"]'
add "$both" "$tcp,$udp"
told "several: one address" outside 192.0.2.2 8080 tcp "c1 192.0.2.9"
told "several: not the other" outside 192.0.2.1 8080 udp "no answer"
told "several: not IPv6" outside 2001:db8::1 8080 tcp "no answer"
config "$both" '' | cni portmap DEL c1
same "DEL that knows little, with conditions" "$(status)$(out) $(elements)" "0 0"
# The configuration need not be what it was.
before='"conditionsV4":["!","-s","192.0.2.7"]'
for now in '' '"conditionsV4":["!","-s","192.0.2.8"]' '"conditionsV4":["nonsense"]'; do
	add "$before" "$tcp,$udp"
	told "then $now: mapped" outside 192.0.2.1 8080 tcp "c1 192.0.2.9"
	ask outside 192.0.2.1 8080 udp 5550 >/dev/null
	del "$now" "$tcp,$udp"
	same "DEL after other conditions: then $now" "$(elements) $(ask outside 192.0.2.1 8080 udp 5550)" "0 no answer"
done
add "$before" "$tcp,$udp"
echo '{"cniVersion":"1.1.0","name":"net","type":"portmap","cni.dev/valid-attachments":[]}' | cni portmap GC none
same "GC after other conditions" "$(status)$(out) $(elements)" "0 0"
# More maps than are looked into at once.
for last in $(seq 40); do
	add "\"conditionsV4\":[\"!\",\"-s\",\"192.0.2.$last\"]" "$tcp"
done
check "many maps" test "$(host nft list maps ip | grep -c '^	map hostports-')" -gt 64
config '' '' | cni portmap DEL c1
same "DEL after many other conditions" "$(status)$(out) $(elements)" "0 0"
for bad in '["-m","comment"]' '["!"]' '["-d","nonsense"]' '["-d","fd00::/8"]' '["-i","a;drop"]' '["ip","daddr"]' '["}","flush"]' '[5]'; do
	config "\"conditionsV4\":$bad" "$tcp" | with_prev c1 | cni portmap ADD c1
	failed_with "refused: $bad" 7 "conditionsV4"
done

# --- connections of UDP -------------------------------------------------------------------------------------
echo_server host 8080 udp host
same "before: the node answers" "$(ask outside 192.0.2.1 8080 udp 5555)" "host 192.0.2.9"
add '' "$udp"
same "ADD: the same client is answered by the container" "$(ask outside 192.0.2.1 8080 udp 5555)" "c1 192.0.2.9"
same "ADD: over IPv6" "$(ask outside 2001:db8::1 8080 udp 5556)" "c1 2001:db8::9"
add '' "$udp" c2
same "ADD of another: by the other" "$(ask outside 192.0.2.1 8080 udp 5555)" "c2 192.0.2.9"
config '' "$udp" | with_prev c1 | cni portmap DEL c1
same "DEL of the first: still by the other" "$(ask outside 192.0.2.1 8080 udp 5555)" "c2 192.0.2.9"
del '' "$udp" c2
same "DEL: by the node again" "$(ask outside 192.0.2.1 8080 udp 5555)" "host 192.0.2.9"
add '' "$udp"
ask outside 192.0.2.1 8080 udp 5555 >/dev/null
ask outside 2001:db8::1 8080 udp 5556 >/dev/null
ask outside 192.0.2.1 8081 udp 5557 >/dev/null
config '' '' | cni portmap DEL c1
same "DEL that knows little: by the node, too" "$(ask outside 192.0.2.1 8080 udp 5555) $(ask outside 2001:db8::1 8080 udp 5556)" \
	"host 192.0.2.9 host 2001:db8::9"

# Requests to a subsystem that no kernel has, in the place of nf_conntrack_netlink's.
replace_sendto <<'END'
	struct nlmsghdr *message = (struct nlmsghdr *)data;

	if (message->nlmsg_type >> 8 == 1)
		message->nlmsg_type += 12 << 8;
	return next(fd, data, size, flags, to, length);
END
add '' "$tcp,$udp"
same "without nf_conntrack_netlink" "$(status)$(get code)" 0
same "it is told" "$(grep -c 'connections of UDP are not forgotten: connection tracking' "$cni_tmp/err")" 1
del '' "$tcp,$udp"
same "it is told at DEL, too" "$(grep -c 'connections of UDP are not forgotten' "$cni_tmp/err")" 1
add '' "$tcp,$udp"
config '' '' | cni portmap DEL c1
same "DEL that knows little, without it" "$(status)$(out) $(elements)" "0 0"
add '' "$tcp"
del '' "$tcp"
same "TCP has no need of it" "$(cat "$cni_tmp/err")" ""
restore_sendto

# --- tables of an older version -----------------------------------------------------------------------------
rules() {
	host nft list table ip k8snet-cni | grep -v -e ' comment "' -e 'elements = '
}
one='{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.2"}'
condition='"conditionsV4":["-d","192.0.2.1"]'
add '' "$one"
add "$condition" "$udp"
rules >"$cni_tmp/whole"
host nft -f - <<'END'
flush chain ip k8snet-cni hostports
delete map ip k8snet-cni hostports-any
flush chain ip k8snet-cni forward
delete set ip k8snet-cni same-bridge
delete chain ip k8snet-cni forward
delete set ip k8snet-cni version-2
add rule ip k8snet-cni hostports dnat ip to ip daddr . meta l4proto . th dport map @hostports
END
add '' "$tcp" c2
told "a table without a map: it is added" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
told "what was mapped stays" outside 192.0.2.2 8080 tcp "c1 192.0.2.9"
told "with conditions, too" outside 192.0.2.1 8080 udp "c1 192.0.2.9"
rules >"$cni_tmp/completed"
same "the table is as a new one" "$(sort "$cni_tmp/completed")" "$(sort "$cni_tmp/whole")"
host nft -f - <<'END'
delete set ip k8snet-cni version-2
insert rule ip k8snet-cni hostports return
END
told "rules of another version" outside 192.0.2.1 8080 tcp "no answer"
add '' "$tcp" c2
told "rules of an older version become ours" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
host nft add rule ip k8snet-cni forward counter
add '' "$tcp" c2
same "rules of this version are let alone" "$(rules | grep -c counter)" 1
del '' "$tcp" c2 8
config '' '' | cni portmap DEL c1
host nft flush ruleset

# --- many, GC --------------------------------------------------------------------------------------------------
many=$("$PYTHON" -c '
print(",".join("{\"hostPort\":%d,\"containerPort\":80,\"protocol\":\"tcp\"}" % p for p in range(20000, 20300)))')
add '' "$many"
told "300 ports: the first" outside 192.0.2.1 20000 tcp "c1 192.0.2.9"
told "300 ports: the last" outside 2001:db8::1 20299 tcp "c1 2001:db8::9"
del '' "$many"
add '' "$many"
add '' "$tcp" c2
echo "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"portmap\",\"cni.dev/valid-attachments\":[{\"containerID\":\"$cni_id-c2\",\"ifname\":\"eth0\"}]}" |
	cni portmap GC none
same "GC" "$(status)$(out) $(host nft list ruleset | grep -c "net $cni_id-c1")" "0 0"
told "GC leaves what is valid" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
echo '{"cniVersion":"1.1.0","name":"other","type":"portmap","cni.dev/valid-attachments":[]}' | cni portmap GC none
told "GC of another network leaves it, too" outside 192.0.2.1 8080 tcp "c2 192.0.2.9"
echo '{"cniVersion":"1.1.0","name":"net","type":"portmap","cni.dev/valid-attachments":[]}' | cni portmap GC none
same "GC of all" "$(status)$(out) $(elements)" "0 0"
echo '{"cniVersion":"1.1.0","name":"net","type":"portmap"}' | cni portmap STATUS none
same "STATUS" "$(status)$(out)" 0
same "no chain for a container" "$(host nft list chains | grep -c "$cni_id")" 0

# --- more connections than are found at once -----------------------------------------------------------------------
if command -v conntrack >/dev/null; then
	add '' "$udp"
	n=0
	while test $n -lt 2500; do
		n=$((n + 1))
		echo "-I -p udp -t 600 -s 192.0.2.9 -d 192.0.2.1 --sport $((10000 + n)) --dport 8080 -r 10.9.0.2" \
			"--reply-port-src 80 -q 192.0.2.9 --reply-port-dst $((10000 + n))"
	done >"$cni_tmp/connections"
	host conntrack -R "$cni_tmp/connections" >/dev/null 2>&1
	connections() {
		host conntrack -L -p udp --orig-port-dst 8080 2>/dev/null | grep -c src=10.9.0.2
	}
	same "there are many connections" "$(connections)" 2500
	del '' "$udp"
	same "all of them end" "$(status)$(out) $(connections)" "0 0"
fi

# --- refused -------------------------------------------------------------------------------------------------------
refuse() {
	config "${4-}" "$2" | with_prev c1 | cni portmap ADD c1
	failed_with "refused: $1" 7 "$3"
	same "and nothing is left of $1" "$(elements)" 0
}
add '' "$tcp"
config '' '{"hostPort":80,"containerPort":80,"hostIP":"x"}' | with_prev c1 | cni portmap DEL c1
same "DEL with a mapping that ADD would refuse removes what there is" "$(status)$(out) $(elements)" "0 0"
# As containerd sends them.
add '' '{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":""}'
told "keys as Go writes them" outside 192.0.2.1 8080 tcp "c1 192.0.2.9"
del '' '{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":""}'
refuse "no hostPort" '{"containerPort":80,"protocol":"tcp"}' "portMappings[0]: hostPort is missing"
refuse "no containerPort" '{"hostPort":80,"protocol":"tcp"}' "portMappings[0]: containerPort is missing"
refuse "a port out of range" '{"hostPort":70000,"containerPort":80,"protocol":"tcp"}' "portMappings[0].hostPort"
refuse "another protocol" '{"hostPort":80,"containerPort":80,"protocol":"icmp"}' "portMappings[0].protocol"
refuse "a hostIP that is none" '{"hostPort":80,"containerPort":80,"hostIP":"x"}' "portMappings[0].hostIP"
refuse "a port twice" "$tcp,{\"hostPort\":8080,\"containerPort\":81,\"protocol\":\"tcp\"}" "hostPort 8080/tcp is mapped twice"
refuse "two marks" "$tcp" "externalSetMarkChain and markMasqBit" '"markMasqBit":5,"externalSetMarkChain":"X"'
add '' "$tcp,$tcp"
told "the same twice" outside 192.0.2.1 8080 tcp "c1 192.0.2.9"
del '' "$tcp,$tcp"
finish
