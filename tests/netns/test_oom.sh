#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each allocation of a kernel fails once.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node pod
ip -n "$(netns_name node)" link set lo up
# Something to delete.
ip netns exec "$(netns_name node)" conntrack -I -p udp -s 10.1.1.9 --sport 4444 -d 10.96.0.10 \
	--dport 53 -r 10.1.1.2 --reply-port-src 5353 -q 10.1.1.9 --reply-port-dst 4444 -t 600 \
	>/dev/null 2>&1
ip netns exec "$(netns_name node)" conntrack -I -p tcp -s 10.1.1.9 --sport 4444 -d 10.96.0.10 \
	--dport 80 -r 10.1.1.2 --reply-port-src 8080 -q 10.1.1.9 --reply-port-dst 4444 -t 600 \
	--state ESTABLISHED >/dev/null 2>&1
"$top_builddir/tests/netns/oom_check" "$(netns_path node)" "$(netns_path pod)"
