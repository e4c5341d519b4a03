#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Real traffic on every path, in every combination of mode, link and family.
. "$(dirname "$0")/e2e.sh"

groups=pods,nodes,services,node_ports,external,policies,hairpin,no_endpoints,full_size,bulk,sctp

one() {
	cluster_up "$3"
	serve
	if apply; then
		check "$label" "$groups"
		all_empty "$label"
	fi
	cluster_down
}

each_combination one
finish
