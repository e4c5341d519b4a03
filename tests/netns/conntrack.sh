#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# UDP clients that keep their ports, when the backend goes that they were led to:
# without the deletions of connection tracking entries they wait for ever, with them
# the next packet reaches another backend. Entries of others stay.
. "$(dirname "$0")/e2e.sh"

command -v conntrack >/dev/null || skip "conntrack is missing"

start_clients() {
	rm -f "$objects/to" "$objects/from"
	mkfifo "$objects/to" "$objects/from"
	$python "$here/udp_clients.py" "$prefix" "$family" <"$objects/to" >"$objects/from" &
	exec 3>"$objects/to" 4<"$objects/from"
}

stop_clients() {
	exec 3>&- 4<&-
}

tell() {
	echo "$*" >&3
	read -r answer <&4 || answer=dead
}

# is NAME WANTED LABEL: what its next packet gets; "web" is any but web-3,
# "gone" no answer.
is() {
	tell ask "$1"
	case $2:$answer in
	web:web-[12] | any:web-* | gone:silence | gone:refused | "$answer:$answer") ok "$label: $1: $3: $answer" ;;
	*) not_ok "$label: $1: $3: $answer, not $2" ;;
	esac
}

each_is() {
	for client in in port node external; do
		is "$client" "$1" "$2"
	done
}

# Each with a packet to web-3 behind it.
lead_to_web_3() {
	for each in "in client-1 web 53" "port out n1 30053" "node n1 web 53" \
		"external out $external 53"; do
		# shellcheck disable=SC2086
		tell bind $each
		tell until "${each%% *}" web-3
		test "$answer" = web-3 || not_ok "$label: $each never reached web-3"
	done
	tell bind kept client-1 web 53
	tell until kept web-1
}

# It answers no more; without a word, as a pod whose namespace has gone.
web_3() {
	if test "$1" = down; then
		printf 'table inet off { chain input { type filter hook input priority 0; policy drop; }; }' |
			ip netns exec "$prefix-web-3" nft -f -
	else
		ip netns exec "$prefix-web-3" nft delete table inet off
	fi
}

ct() {
	ip netns exec "$prefix-n1" conntrack "$@" 2>/dev/null
}

# Entries that differ in one thing each from those that go.
foreign() {
	source=4440
	for each in "udp $vip 54 $backend 8053 -w 0" "udp $other 53 $backend 8053 -w 0" \
		"tcp $vip 53 $backend 8053 --state ESTABLISHED" "udp $vip 53 $backend 8053 -w 7" \
		"udp $vip 53 $backend 8054 -w 0" "udp $away 30053 $backend 8053 -w 0"; do
		# shellcheck disable=SC2086
		set -- $each
		protocol=$1 to=$2 port=$3 from=$4 from_port=$5
		shift 5
		source=$((source + 1))
		ct -I -p "$protocol" -s "$pod" --sport $source -d "$to" --dport "$port" \
			-r "$from" --reply-port-src "$from_port" -q "$pod" --reply-port-dst $source \
			-t 600 "$@" >/dev/null || not_ok "$label: conntrack -I $each"
	done
}

foreign_stay() {
	n=$(ct -L -f "$family" | grep -c " sport=444[1-6] .* sport=")
	if test "$n" = 6; then
		ok "$label: $1: entries of others stay"
	else
		not_ok "$label: $1: $n of 6 entries of others"
	fi
}

# commands WORDS: of the plan that follows; without the deletions, and these alone.
commands() {
	k8snet 1 "$@" --plan commands >"$objects/commands" 2>"$objects/error" ||
		not_ok "$label: $(cat "$objects/error")"
	grep -v '^conntrack ' "$objects/commands" >"$objects/without"
	grep '^conntrack ' "$objects/commands" >"$objects/deletions" ||
		not_ok "$label: no deletions in the plan"
	ip netns exec "$prefix-n1" sh -e "$objects/without" || not_ok "$label: commands"
}

deletions() {
	ip netns exec "$prefix-n1" sh -e "$objects/deletions" >/dev/null 2>&1 ||
		not_ok "$label: deletions"
}

a_backend_goes() {
	lead_to_web_3
	foreign
	web_3 down
	each_is silence "its backend is down"
	commands "$objects/cluster.json" --then "$objects/web-fewer.json"
	each_is silence "its backend is gone, its entry is there"
	deletions
	each_is web "without its entry, by conntrack -D"
	is kept web-1 "another backend's entry"
	foreign_stay "conntrack -D"
	web_3 up
	k8snet 1 "$objects/cluster.json" --apply 2>/dev/null
	lead_to_web_3
	web_3 down
	each_is silence "its backend is down"
	k8snet 1 "$objects/cluster.json" --apply --then "$objects/web-fewer.json" --apply \
		2>"$objects/error" || not_ok "$label: $(cat "$objects/error")"
	each_is web "its backend is gone"
	is kept web-1 "another backend's entry"
	foreign_stay "the library"
	k8snet 1 "$objects/cluster.json" --apply --then "$objects/web-none.json" --apply 2>/dev/null
	each_is refused "no backend is left"
	is kept refused "no backend is left"
	foreign_stay "no backend is left"
	web_3 up
}

the_first_comes() {
	k8snet 1 "$objects/cluster.json" --apply --then --remove Service/shop/web --apply 2>/dev/null
	tell bind in client-1 web 53
	tell bind port out n1 30053
	for client in in port; do
		is "$client" gone "no service"
	done
	commands "$objects/cluster.json"
	for client in in port; do
		is "$client" gone "the service comes, its entry is there"
	done
	deletions
	for client in in port; do
		is "$client" any "without its entry"
	done
	k8snet 1 "$objects/cluster.json" --apply --then --remove Service/shop/web --apply 2>/dev/null
	for client in in port; do
		is "$client" gone "the service went"
	done
	k8snet 1 "$objects/cluster.json" --apply 2>/dev/null
	for client in in port; do
		is "$client" any "the service comes"
	done
}

one() {
	cluster_up "$3"
	if test "$3" = ipv4; then
		vip=10.96.0.10 other=10.96.0.99 away=192.0.2.1 backend=10.1.3.3 pod=10.1.1.2
		external=198.51.100.10
	else
		vip=fd00:96::10 other=fd00:96::99 away=2001:db8:9::1 backend=fd00:1:0:3::3
		pod=fd00:1:0:1::2 external=2001:db8:51::10
	fi
	serve
	start_clients
	if apply; then
		a_backend_goes
		the_first_comes
		k8snet 1 "$objects/cluster.json" --prune --apply 2>/dev/null
		all_empty "$label"
	fi
	stop_clients
	cluster_down
}

for each_family in ipv4 ipv6; do
	combination route bridge "$each_family"
	one route bridge "$each_family"
done
finish
