#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Established TCP connections to a backend that goes: with the setting both ends are told at
# once, idle or busy, from wherever the client is; without it nothing is done. All others'
# connections stay.
. "$(dirname "$0")/e2e.sh"

command -v ss >/dev/null && command -v setpriv >/dev/null || skip "ss or setpriv is missing"

one() {
	combination route "$1" dual
	cluster_up dual
	serve
	apply || exit 1
	# shellcheck disable=SC2086
	$python "$here/resets.py" "$prefix" "$family" "$objects" "$tool" $options ||
		failures=$((failures + 1))
	cluster_down
}

one bridge
one ptp
finish
