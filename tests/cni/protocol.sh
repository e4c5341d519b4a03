# SPDX-License-Identifier: LGPL-2.1-or-later
# A runtime in shell, for tests of the CNI protocol; to be sourced.
#
#   cni PLUGIN COMMAND CONFIG   call it with $container, $netns, $ifname, $args, $path,
#                               in the namespace $node, if that is set; output and
#                               error go to $scratch/out and /err, the status to $status
#   get EXPRESSION              what Python makes of $scratch/out, as `out`
#   succeeds WHAT / fails CODE TEXT WHAT
. "$top_srcdir/tests/netns/lib.sh"

# libtool's wrappers take a while, and find the library from the build tree only.
plugins=$top_builddir/examples
reference=/usr/lib/cni
PYTHON=${PYTHON:-python3}
container=c1 netns='' ifname=eth0 args='' path='' node='' input='' status=0

cni() {
	test -n "$input" || printf %s "$3" >"$scratch/in"
	status=0
	${node:+ip netns exec "$node"} env CNI_COMMAND="$2" CNI_CONTAINERID="$container" \
		CNI_NETNS="$netns" CNI_IFNAME="$ifname" CNI_ARGS="$args" CNI_PATH="$path" "$1" \
		<"${input:-$scratch/in}" >"$scratch/out" 2>"$scratch/err" || status=$?
}

get() {
	"$PYTHON" "$top_srcdir/tests/cni/evaluate.py" "$scratch/out" "$1"
}

shows() {
	sed 's/^/# /' "$scratch/out" "$scratch/err"
}

# Exit 0 and, of ADD, a result; of the others nothing.
succeeds() {
	if test "$status" -eq 0; then ok "$1"; else
		not_ok "$1: status $status"
		shows
	fi
}

fails() {
	fails_what="$3: error $1, $2"
	if test "$status" -eq 1 && test "$(get 'out["code"]')" = "$1" &&
		get 'out["msg"] + out.get("details", "")' | grep -qF -- "$2"; then
		ok "$fails_what"
	else
		not_ok "$fails_what: status $status"
		shows
	fi
}

same() {
	if test "$1" = "$2"; then ok "$3"; else
		not_ok "$3: $1, not $2"
	fi
}
