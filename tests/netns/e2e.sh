# SPDX-License-Identifier: LGPL-2.1-or-later
# For the end-to-end tests: sourced, not run. A cluster in namespaces of its own
# (cluster.py), servers in it (flows.py), and the library as a command.
# shellcheck shell=sh
set -u

here=${here:-$(cd "$(dirname "$0")" && pwd)}
python="/usr/bin/python3 -I -B"
tool=${top_builddir:-.}/tests/support/k8snet_tool
scratch=$(mktemp -d)
base=k8e$$
clusters=0
failures=0
prefix=
family=
cluster_keys=
server=

skip() {
	echo "SKIP: $*"
	exit 77
}

stop_server() {
	test -z "$server" || { kill -9 "$server" && wait "$server"; } 2>/dev/null
	server=
}

clean_up() {
	status=$?
	trap - EXIT
	stop_server
	$python "$here/cluster.py" down "$base"
	test -z "${watchdog-}" || kill "$watchdog" 2>/dev/null
	rm -rf "$scratch"
	exit $status
}

test "$(id -u)" = 0 || skip "root is needed"
test -x "$tool" || skip "$tool is not built"
unshare -n true 2>/dev/null || skip "no network namespaces here"
command -v ip nft bridge >/dev/null || skip "ip, bridge or nft is missing"

# shellcheck disable=SC2154
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
# Somebody has to clean up after kill -9.
setsid sh -c 'tail --pid="$1" -s 0.5 -f /dev/null
	/usr/bin/python3 -I -B "$2/cluster.py" down "$3"; rm -rf "$4"' \
	sh $$ "$here" "$base" "$scratch" </dev/null >/dev/null 2>&1 &
watchdog=$!

# cluster_up FAMILY [key=value ...]: a new cluster, without servers.
cluster_up() {
	clusters=$((clusters + 1))
	prefix=$base.$clusters
	family=$1
	shift
	cluster_keys=$*
	objects=$scratch/$prefix
	mkdir -p "$objects"
	# shellcheck disable=SC2086
	$python "$here/cluster.py" up "$prefix" "$family" "$objects" $cluster_keys ||
		{ echo "not ok cluster $prefix"; exit 99; }
}

serve() {
	mkfifo "$objects/ready"
	# shellcheck disable=SC2086
	$python "$here/flows.py" serve "$prefix" "$family" $cluster_keys >"$objects/ready" &
	server=$!
	read -r ready <"$objects/ready" && test "$ready" = ready || { echo "not ok servers"; exit 99; }
}

cluster_down() {
	stop_server
	$python "$here/cluster.py" down "$prefix"
}

# k8snet NODE-NUMBER ARGUMENTS: with the options of the combination in $options.
options=
k8snet() {
	k8snet_node=$1
	shift
	# shellcheck disable=SC2086
	"$tool" --netns "/run/netns/$prefix-n$k8snet_node" --node "node-$k8snet_node" $options "$@"
}

# apply [FILE]: to all nodes.
nodes="1 2 3"
apply() {
	for n in $nodes; do
		k8snet "$n" "${1:-$objects/cluster.json}" --apply 2>"$objects/apply-$n" ||
			{ not_ok "apply to node $n"; cat "$objects/apply-$n"; return 1; }
	done
}

# check LABEL GROUP,...
check() {
	# shellcheck disable=SC2086
	$python "$here/flows.py" check "$prefix" "$family" "$1" "$2" $cluster_keys \
		${overhead:+overhead=$overhead} || failures=$((failures + 1))
}

ok() {
	echo "ok $*"
}

# Also in a shell of its own, at the end of a pipeline.
not_ok() {
	echo "not ok $*"
	failures=$((failures + 1))
	echo "$*" >>"$scratch/failed"
}

# same WHAT FILE FILE
same() {
	if cmp -s "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1"
		diff -u "$2" "$3" | head -n 40
	fi
}

# is_empty LABEL NODE: a full plan with pruning has nothing to do.
is_empty() {
	if k8snet "$2" "$objects/cluster.json" --full --prune --plan text \
		>"$objects/left" 2>"$objects/error" && ! test -s "$objects/left"; then
		return 0
	fi
	not_ok "$1: node $2 has a plan left"
	head -n 20 "$objects/left" "$objects/error"
	return 1
}

all_empty() {
	for n in $nodes; do
		is_empty "$1" "$n" || return 1
	done
	ok "$1: second plans are empty"
}

# combination MODE LINK FAMILY: sets options, overhead, label.
combination() {
	options="--mode $1 --link $2"
	label="$1 $2 $3"
	overhead=0
	if test "$1" = overlay; then
		overhead=50
		test "$3" = ipv4 || overhead=70
	fi
}

# each_combination FUNCTION
each_combination() {
	for mode in ${E2E_MODES:-route overlay}; do
		for link in ${E2E_LINKS:-bridge ptp}; do
			for each_family in ${E2E_FAMILIES:-ipv4 ipv6 dual}; do
				combination "$mode" "$link" "$each_family"
				"$1" "$mode" "$link" "$each_family"
			done
		done
	done
}

finish() {
	test ! -e "$scratch/failed" || failures=$(wc -l <"$scratch/failed")
	test "$failures" -eq 0 || echo "$failures failed"
	exit $((failures != 0))
}
