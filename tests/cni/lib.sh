# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests of the CNI plugin; to be sourced. It sources tests/netns/lib.sh.
#
#   cni_start               skip unless it can be tested; a namespace "host" that stands for
#                           the node, and a directory for files, $cni_tmp
#   cni TYPE COMMAND CONTAINER [IFNAME] <CONFIG
#                           call our plugin as a runtime does, in the host; the container's
#                           namespace is the one of that name, if there is one.
#                           CNI_ARGS is passed on, and CNI_NETNS and CNI_ID, if they are set.
#   reference TYPE ...      the same with the reference plugin
#   cni_need_reference      skip unless those are there
#   host COMMAND ..., in_container CONTAINER COMMAND ...
#   status, out             of the last call
#   get PATH                a value of the output: "ips.0.address", "code"; "" if none
#   same NAME A B           check that two texts are equal
#   keep NAME               keep the last output as $cni_tmp/NAME
#   with_prev NAME <CONFIG  add it to a configuration as prevResult
#   node_link               the name of the node's end in the last output
#   echo_server NAME PORT [PROTOCOL [TEXT]]   in namespace NAME: answers with TEXT and the
#                           client's address; ask NAME ADDRESS PORT [PROTOCOL [SOURCE-PORT]]
#                           says what it is told
#   replace_sendto <BODY    until restore_sendto: the plugin's sendto() is this C, in which
#                           next() is the C library's

. "$top_srcdir/tests/netns/lib.sh"

cni_plugin=$top_builddir/cni/k8snet
cni_reference=${CNI_REFERENCE:-/usr/lib/cni}
cni_types="bandwidth bridge firewall host-local loopback portmap ptp static tuning"

cni_start() {
	netns_need
	trap cni_cleanup EXIT
	netns_make_directory
	cni_tmp=$netns_directory
	mkdir "$cni_tmp/bin"
	use_program "$cni_plugin"
	netns_add host
	host ip link set lo up
	cni_id=k8t$$
}

# Servers may be in namespaces that have lost their names.
cni_cleanup() {
	cni_exit=$?
	# shellcheck disable=SC2046
	test ! -e "$cni_tmp/servers" || kill -9 $(cat "$cni_tmp/servers") 2>/dev/null || :
	(exit $cni_exit)
	netns_cleanup
}

cni_need_reference() {
	test -x "$cni_reference/bridge" && return
	echo "skipped: no reference plugins in $cni_reference (containernetworking-plugins)"
	exit 77
}

host() {
	nsenter --net="$(netns_path host)" "$@"
}

in_container() {
	cni_container=$1
	shift
	nsenter --net="$(netns_path "$cni_container")" "$@"
}

# DIRECTORY TYPE COMMAND CONTAINER [IFNAME]
cni_call() {
	cni_netns=${CNI_NETNS-}
	test -n "${CNI_NETNS+set}" || ! test -e "$(netns_path "$4")" || cni_netns=$(netns_path "$4")
	# A namespace that is gone was there when the runtime was asked.
	test -n "$cni_netns" || test "$3" = DEL || cni_netns=$(netns_path "$4")
	cni_status=0
	host env CNI_COMMAND="$3" CNI_CONTAINERID="${CNI_ID:-$cni_id-$4}" CNI_NETNS="$cni_netns" \
		CNI_IFNAME="${5:-eth0}" CNI_PATH="$1" CNI_ARGS="${CNI_ARGS-}" \
		"$1/$2" >"$cni_tmp/out" 2>"$cni_tmp/err" || cni_status=$?
	echo "$cni_status" >"$cni_tmp/status"
	return "$cni_status"
}

# A call at the end of a pipeline has a shell of its own: files remember.
status() {
	cat "$cni_tmp/status"
}

out() {
	cat "$cni_tmp/out"
}

cni() {
	cni_call "$cni_tmp/bin" "$@"
}

reference() {
	cni_call "$cni_reference" "$@"
}

get() {
	"$PYTHON" - "$1" "$cni_tmp/out" <<'END'
import json, sys
try:
    value = json.load(open(sys.argv[2]))
    for key in sys.argv[1].split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    print(value if isinstance(value, str) else json.dumps(value))
except (KeyError, IndexError, ValueError):
    print()
END
}

# The last result without what differs by chance or style: MAC addresses, names of the node's
# links, empty DNS, codes of errors.
normal() {
	"$PYTHON" - "$cni_tmp/out" <<'END'
import json, sys
out = open(sys.argv[1]).read()
result = json.loads(out) if out.strip() else None
if result and not result.get("dns", True):
    del result["dns"]
if result and "code" in result:
    result.pop("cniVersion", None)
    del result["code"]
for interface in (result or {}).get("interfaces", []):
    interface.pop("mac", None)
    if interface["name"].startswith("veth"):
        interface["name"] = "veth"
print(json.dumps(result, sort_keys=True))
END
}

same() {
	if test "$2" = "$3"; then
		ok "$1"
	else
		not_ok "$1"
		printf '# <%s>\n# <%s>\n' "$2" "$3"
	fi
}

# NAME CODE TEXT: the last call failed with this code and a message that has this in it.
failed_with() {
	cni_message=$(get msg)
	if test "$(status)" = 1 && test "$(get code)" = "$2"; then
		case $cni_message in
		*"$3"*) ok "$1" && return ;;
		esac
	fi
	not_ok "$1"
	echo "# status $(status): $(out)"
}

keep() {
	cp "$cni_tmp/out" "$cni_tmp/$1"
}

with_prev() {
	"$PYTHON" -c '
import json, sys
config = json.load(sys.stdin)
config["prevResult"] = json.load(open(sys.argv[1]))
print(json.dumps(config))' "$cni_tmp/$1"
}

node_link() {
	"$PYTHON" -c '
import json, sys
for interface in json.load(open(sys.argv[1]))["interfaces"]:
    if not interface.get("sandbox") and interface["name"].startswith("veth"):
        print(interface["name"])' "${1:-$cni_tmp/out}"
}

echo_server() {
	nsenter --net="$(netns_path "$1")" "$PYTHON" "$top_srcdir/tests/cni/echo.py" serve "$2" \
		"${3:-udp}" ${4+"$4"} >/dev/null 2>&1 &
	echo $! >>"$cni_tmp/servers"
	# It is there when it is listed.
	for cni_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		nsenter --net="$(netns_path "$1")" ss -Hanlu -A "${3:-udp}" 2>/dev/null |
			grep -q ":$2 " && return
		sleep 0.1
	done
}

ask() {
	nsenter --net="$(netns_path "$1")" "$PYTHON" "$top_srcdir/tests/cni/echo.py" ask "$2" "$3" \
		"${4:-udp}" ${5+"$5"} 2>/dev/null
}

replace_sendto() {
	cat - >"$cni_tmp/body.h"
	cat >"$cni_tmp/sendto.c" <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <linux/netlink.h>
		#include <signal.h>
		#include <string.h>
		#include <sys/socket.h>
		ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length)
		{
			__typeof__(sendto) *next = dlsym(RTLD_NEXT, "sendto");
		#include "body.h"
		}
	END
	$CC -shared -fPIC -o "$cni_tmp/sendto.so" "$cni_tmp/sendto.c" -ldl || not_ok "a library for the test"
	use_program "$top_builddir/tests/cni/k8snet_shared"
	export LD_PRELOAD="$cni_tmp/sendto.so" ASAN_OPTIONS=verify_asan_link_order=0
}

restore_sendto() {
	unset LD_PRELOAD ASAN_OPTIONS
	use_program "$cni_plugin"
}

# The plugins of $cni_tmp/bin are this program.
use_program() {
	for cni_type in $cni_types k8snet; do
		ln -sf "$1" "$cni_tmp/bin/$cni_type"
	done
}
