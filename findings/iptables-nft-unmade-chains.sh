#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# iptables-nft 1.8.9 (Debian 12): `iptables -S` lists policies of INPUT, FORWARD and OUTPUT, and
# `iptables -L FORWARD` an empty chain, whether or not the kernel has them: it makes a built-in
# chain only when a rule or a policy is put into it. A jump to a chain of one's own that is to be
# met by packets takes more than finding "-P FORWARD" in the listing; who speaks nf_tables to the
# kernel has to make table, chain and hook himself.
set -u
. "$(dirname "$0")/lib.sh"
debian iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libmnl0=1.0.4-3 \
	nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2

# The chains that the kernel has, by nft.
chains() {
	nft list chains ip 2>/dev/null | sed -n 's/^[[:space:]]*chain \([^ ]*\) {/\1/p' | xargs
}

same "before anything: iptables -S" "$(iptables-nft -S | xargs)" \
	"-P INPUT ACCEPT -P FORWARD ACCEPT -P OUTPUT ACCEPT"
same "the kernel's chains" "$(chains)" ""
iptables-nft -N MINE
same "after -N MINE: iptables -S" "$(iptables-nft -S | xargs)" \
	"-P INPUT ACCEPT -P FORWARD ACCEPT -P OUTPUT ACCEPT -N MINE"
same "the kernel's chains" "$(chains)" "MINE"
iptables-nft -A FORWARD -j MINE
same "after -A FORWARD -j MINE: the kernel's chains" "$(chains | tr ' ' '\n' | sort | xargs)" \
	"FORWARD MINE"
same "iptables -S has the others all the same" "$(iptables-nft -S | grep -c '^-P')" 3
finish
