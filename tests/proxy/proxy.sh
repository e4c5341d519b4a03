# SPDX-License-Identifier: LGPL-2.1-or-later
# For the tests of k8snet-service-proxy with packets: sourced, not run. The clusters of
# tests/netns/e2e.sh, whose pods the library joins and whose services the program serves.
# shellcheck shell=sh disable=SC2154,SC2086
here=${top_srcdir:?}/tests/netns
. "$here/e2e.sh"

own=$top_srcdir/tests/proxy
proxy=${top_builddir:-.}/k8snet-service-proxy
proxies=

test -x "$proxy" || skip "$proxy is not built (libmicrohttpd)"
trap 'proxy_status=$?; stop_proxies; (exit $proxy_status); clean_up' EXIT

# joined FAMILY [key=value ...]: a cluster whose pods are joined, without services.
joined() {
	cluster_up "$@"
	$python "$own/events.py" objects "$objects/cluster.json" Node Pod >"$objects/network.json"
	nodes=$(seq 1 "$(grep -o '"kind": "Node"' "$objects/network.json" | wc -l)")
	apply "$objects/network.json" || exit 99
	mkdir "$objects/dir"
}

# start NODE ARGUMENTS...: a proxy on that node; $pid, and its lines in $log. It reads
# from $input.
input=/dev/null
start() {
	start_node=$1
	shift
	log=$objects/log-$start_node
	setpriv --pdeathsig KILL "$proxy" --netns "/run/netns/$prefix-n$start_node" \
		--hostname-override "node-$start_node" "$@" <"$input" 2>>"$log" 4>&- 5>&- 6>&- 7>&- &
	pid=$!
	proxies="$proxies $pid"
}

# stop SIGNAL: the one started last; its exit status.
stop() {
	kill "-$1" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

stop_proxies() {
	for each_proxy in $proxies; do
		kill -KILL "$each_proxy" && wait "$each_proxy"
	done 2>/dev/null
	proxies=
}

# once NODE ARGUMENTS...: one that ends by itself.
once() {
	once_node=$1
	shift
	"$proxy" --netns "/run/netns/$prefix-n$once_node" --hostname-override "node-$once_node" \
		"$@" 2>>"$objects/log-$once_node"
}

# until_true WHAT COMMAND...: within ten seconds.
until_true() {
	until_what=$1
	shift
	for _ in $(seq 200); do
		if "$@"; then
			ok "$until_what"
			return 0
		fi
		sleep 0.05
	done
	not_ok "$until_what"
	test ! -e "$log" || tail -n 20 "$log"
	return 1
}

# expect WHAT COMMAND...
expect() {
	expect_what=$1
	shift
	if "$@"; then
		ok "$expect_what"
	else
		not_ok "$expect_what"
		test ! -e "$log" || tail -n 20 "$log"
	fi
}

# get WHERE URL: status, headers and body of an answer, seen from that namespace.
get() {
	$python "$own/http.py" get "$prefix-$1" "$2"
}

# status WHERE URL WANTED
status() {
	test "$(get "$1" "$2" | head -n 1)" = "$3"
}

# metric NODE NAME: its value; all of the answer is checked to be well-formed.
metric() {
	$python "$own/http.py" metric "$prefix-n$1" "$2"
}

# metric_is NODE NAME OPERATOR VALUE
metric_is() {
	test "$(metric "$1" "$2")" "$3" "$4"
}

# Whether all that is there has been applied.
is_synced() {
	metric_is "$1" k8snet_syncs_total -ge 1 2>/dev/null
}

said() {
	grep -q -e "$1" "$log"
}

table() {
	ip netns exec "$prefix-n$1" nft list ruleset
}
