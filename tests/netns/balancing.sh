#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Load balancing policies: who gets which backend, and that a change of policy, of
# weights or of backends lets go of no connection.
. "$(dirname "$0")/e2e.sh"

combination route bridge dual
cluster_up dual
serve
apply || exit 1
# shellcheck disable=SC2086
$python "$here/balancing_clients.py" "$prefix" "$family" "$objects" "$tool" $options ||
	failures=$((failures + 1))
cluster_down
finish
