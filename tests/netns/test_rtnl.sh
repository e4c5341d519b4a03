#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Links, addresses, neighbours, FDB entries, routes and sysctls against iproute2.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node pod
"$top_builddir/tests/netns/rtnl_check" "$(netns_name node)" "$(netns_name pod)"
