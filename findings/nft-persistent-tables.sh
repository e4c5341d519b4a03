#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nft 1.0.6 (Debian 12) and tables with the flag "persist" (Linux 6.9): it does not know the flag,
# and lists a table that has it and no owner with the line "flags" and nothing behind it, which it
# refuses to read again; what it prints with -j ends there, and is no JSON. So `nft list ruleset >FILE`, by which firewalls are saved, makes a file
# that cannot be loaded, for as long as nobody owns the table. While somebody does, the line is
# "flags owner" and the rest is left out in silence: the file loads, as a table that nft owns and
# that goes with it. "flush ruleset" exits with 0 and passes over what somebody else owns.
set -u
. "$(dirname "$0")/lib.sh"
debian nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2
command -v python3 >/dev/null || exit 77

# owned COMMAND: while somebody owns the table "t"; afterwards it stays without an owner.
owned() {
	python3 - "$1" <<-'END'
		import socket, struct, subprocess, sys
		def attribute(kind, data):
		    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)
		def message(kind, flags, family, resource, body=b""):
		    data = struct.pack("=BBH", family, 0, socket.htons(resource)) + body
		    return struct.pack("=IHHII", 16 + len(data), kind, flags, 1, 0) + data
		table = attribute(1, b"t\0") + attribute(2, struct.pack(">I", 2 | 4))  # owner, persist
		sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
		sock.send(message(0x10, 1, 0, 10) + message(0xA00, 0x405, 2, 0, table) + message(0x11, 1, 0, 10))
		if struct.unpack_from("=i", sock.recv(4096), 16)[0]:
		    sys.exit("this kernel has no such tables")
		subprocess.run(["sh", "-c", sys.argv[1]])
	END
}

listed=$(owned 'nft list table ip t; nft flush ruleset; echo "flush: $?"; nft list tables') || exit 77
same "owned, flags" "$(echo "$listed" | sed -n 's/^\t//p')" "flags owner"
same "owned, flushed" "$(echo "$listed" | sed -n '/^flush/,$p' | tr '\n' ' ')" "flush: 0 table ip t "
listed=$(nft list ruleset)
same "without an owner, flags" "$(echo "$listed" | sed -n 's/^\t//p')" "flags "
message=$(echo "$listed" | nft -f - 2>&1)
same "read again: exit status" $? 1
same "what nft says" "$(echo "$message" | sed -n 's/.*Error: //p')" \
	"syntax error, unexpected newline, expecting string"
nft -j list ruleset >"$findings_tmp/json"
same "as JSON: exit status" $? 0
same "whether that is JSON" "$(python3 -m json.tool <"$findings_tmp/json" >/dev/null 2>&1 && echo yes || echo no)" no
finish
