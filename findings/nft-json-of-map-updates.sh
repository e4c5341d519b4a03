#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nft 1.0.6 (Debian 12): a rule that enters something into a map (update @map { key : data }) is
# listed as text that nft reads back, but as JSON it is listed as a string, with a warning on
# standard error and exit status 0; what was listed is then refused by `nft -j -f`. A tool that
# saves rulesets as JSON has no way back.
set -u
. "$(dirname "$0")/lib.sh"
debian nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2

nft -f - <<'END' || exit 1
table ip t {
	map seen {
		typeof ip saddr : meta mark
		size 1024
		flags dynamic,timeout
	}
	chain c {
		type filter hook input priority 0
		update @seen { ip saddr timeout 10s : meta mark }
	}
}
END
nft list ruleset >"$findings_tmp/text"
nft -j list ruleset >"$findings_tmp/json" 2>"$findings_tmp/warning"
same "listing as JSON: exit status" $? 0
same "it warns" "$(cat "$findings_tmp/warning")" "warning: stmt ops map have no json callback"
nft flush ruleset
nft -j -f "$findings_tmp/json" >"$findings_tmp/error" 2>&1
same "reading the JSON back: exit status" $? 1
same "what nft says" "$(sed -n 's/.*Error: //p' "$findings_tmp/error" | head -n 1)" \
	"Unexpected expr array element of type string, expected object."
nft -f "$findings_tmp/text"
same "reading the text back: exit status" $? 0
same "it is the same" "$(nft list ruleset | cmp - "$findings_tmp/text" && echo yes)" yes
finish
