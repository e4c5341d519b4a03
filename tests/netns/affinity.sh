#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Session affinity: clients keep their backend, over all addresses of a service port,
# until their time is up or their backend goes; others do not notice either.
. "$(dirname "$0")/e2e.sh"

combination route bridge dual
cluster_up dual
serve
apply || exit 1
# shellcheck disable=SC2086
$python "$here/affinity_clients.py" "$prefix" "$family" "$objects" "$tool" $options ||
	failures=$((failures + 1))
cluster_down
finish
