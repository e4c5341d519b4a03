#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Connections are spread at random over the backends, and small MTUs are followed
# everywhere.
. "$(dirname "$0")/e2e.sh"

small() {
	test "$3" = dual || return
	cluster_up "$3" mtu=1400
	serve
	if apply; then
		check "$label, underlay 1400" full_size,bulk
	fi
	cluster_down
}

combination route bridge dual
cluster_up dual
serve
if apply; then
	check "$label" spread
fi
cluster_down
each_combination small
finish
