# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests in network namespaces of their own; to be sourced.
#
#   netns_need              skip (77) unless namespaces can be made
#   netns_add NAME...       make namespaces; removed when the test ends
#   netns_name NAME         the name for ip(8): unique to this process
#   netns_path NAME         its path
#   ok NAME / not_ok NAME   report one check;  check NAME COMMAND... does either
#   netns_make_directory    $netns_directory, for the test's files; removed with the namespaces
#   finish                  exit by what was reported
#
# Names are k8t-PID-NAME, of the directory too. What runs that were killed left behind is removed by
# the next test that sources this file.

export LC_ALL=C
netns_prefix=k8t-$$-
netns_failed=0
netns_mark=${TMPDIR:-/tmp}/k8t-$$-failed

# What tests left whose process is gone; a PID that was given to another process
# keeps its own until that one ends. What is named otherwise is somebody else's.
netns_reap() {
	for netns_file in /run/netns/k8t-* "${TMPDIR:-/tmp}"/k8t-*; do
		test -e "$netns_file" || continue
		netns_pid=${netns_file##*/k8t-}
		netns_pid=${netns_pid%%-*}
		case $netns_pid in *[!0-9]*) continue ;; esac
		test ! -d "/proc/$netns_pid" || continue
		case $netns_file in
		/run/netns/*) ip netns del "${netns_file##*/}" 2>/dev/null || : ;;
		*) rm -rf --one-file-system "$netns_file" ;;
		esac
	done
}

netns_cleanup() {
	netns_status=$?
	trap - EXIT
	for netns_file in /run/netns/"$netns_prefix"*; do
		test -e "$netns_file" || continue
		# Processes that the test left in it would keep it alive.
		for netns_pid in $(ip netns pids "${netns_file#/run/netns/}"); do
			kill -9 "$netns_pid" 2>/dev/null || :
		done
		ip netns del "${netns_file#/run/netns/}" || :
	done
	test -z "${netns_directory-}" || rm -rf "$netns_directory"
	rm -f "$netns_mark"
	exit "$netns_status"
}

netns_need() {
	if test "$(id -u)" != 0; then
		echo "skipped: needs root"
		exit 77
	fi
	if ! unshare -n true 2>/dev/null; then
		echo "skipped: no network namespaces here"
		exit 77
	fi
	trap netns_cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	netns_reap
}

netns_name() {
	echo "$netns_prefix$1"
}

netns_path() {
	echo "/run/netns/$netns_prefix$1"
}

netns_add() {
	for netns_new in "$@"; do
		ip netns add "$netns_prefix$netns_new" || exit 1
	done
}

netns_make_directory() {
	netns_directory=$(mktemp -d "${TMPDIR:-/tmp}/k8t-$$-XXXXXX") || exit 1
}

ok() {
	echo "ok $1"
}

# Also in a shell of its own, at the end of a pipeline.
not_ok() {
	echo "not ok $1"
	netns_failed=1
	: >"$netns_mark"
}

check() {
	netns_what=$1
	shift
	if "$@"; then
		ok "$netns_what"
	else
		not_ok "$netns_what"
	fi
}

finish() {
	test ! -e "$netns_mark" || netns_failed=1
	exit "$netns_failed"
}
