#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nft 1.0.6 (Debian 12): what a map's data are declared with is taken for an expression of each
# rule that uses the map. A map "ip daddr . th dport : ip daddr . tcp dport" reads as if its data
# were an address and a port, whatever the protocol; but a rule for UDP that translates by it
# is refused: "conflicting protocols specified: udp vs. tcp", and the place shown is the
# declaration, not the rule. With "th dport" in the data, one map serves both protocols.
set -u
. "$(dirname "$0")/lib.sh"
debian nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2

# try DATA-PORT PROTOCOLS: a map and a rule that uses it
try() {
	nft flush ruleset
	nft -f - <<-END 2>&1
		table ip t {
			map backends {
				typeof ip daddr . th dport : ip daddr . $1
			}
			chain c {
				type nat hook prerouting priority -100
				meta l4proto $2 dnat ip to ip daddr . th dport map @backends
			}
		}
	END
}

message=$(try "tcp dport" tcp)
same "data with tcp dport, rule of TCP" "$? $message" "0 "
message=$(try "tcp dport" udp)
same "data with tcp dport, rule of UDP: exit status" $? 1
same "what nft says" "$(echo "$message" | sed -n 's/.*Error: //p')" \
	"conflicting protocols specified: udp vs. tcp"
same "the line it shows" "$(echo "$message" | sed -n 2p | tr -d '\t')" \
	"typeof ip daddr . th dport : ip daddr . tcp dport"
message=$(try "th dport" "{ tcp, udp }")
same "data with th dport, rule of both" "$? $message" "0 "
finish
