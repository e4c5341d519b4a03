#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The release manifest of Online Boutique, unchanged. It is no part of this
# project: ONLINE_BOUTIQUE says where it is.
. "$(dirname "$0")/common.sh"

manifest=${ONLINE_BOUTIQUE:-$source_dir/../shared/data/manifests/online-boutique.yaml}
test -e "$manifest" || skip "no $manifest"
new_name ob
"$lab" up --name "$name" -f "$manifest" || fail "up"
"$python" "$(dirname "$0")/oracle.py" "$name" || fail "oracle"
"$lab" probe --name "$name" --json >"$scratch/probe.json"
assert_all_ok "$scratch/probe.json"
"$lab" scale --name "$name" frontend=4 || fail "scale"
"$python" "$(dirname "$0")/oracle.py" "$name" || fail "oracle after scale"
"$lab" down --name "$name" || fail "down"
assert_gone "$name"
"$lab" demo --name "$name" -f - --mode overlay --family dual --json <"$manifest" >"$scratch/probe.json"
assert_all_ok "$scratch/probe.json"
assert_gone "$name"
echo ok
