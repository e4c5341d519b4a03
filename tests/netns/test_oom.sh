#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each allocation of a kernel fails once.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node pod
ip -n "$(netns_name node)" link set lo up
"$top_builddir/tests/netns/oom_check" "$(netns_path node)" "$(netns_path pod)"
