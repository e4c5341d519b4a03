# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each chain's rules are there twice, by nft and by our messages: as the kernel dumps them, the
expressions of both must be the same bytes. Argument: NFPROTO_..."""
import collections
import socket
import struct
import sys

NFT_MSG_GETRULE = 0x0A07
CHAIN, EXPRESSIONS = 2, 4


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def dump(family):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    sock.send(struct.pack("=IHHIIBBH", 20, NFT_MSG_GETRULE, 0x301, 1, 0, family, 0, 0))
    while True:
        data = sock.recv(1 << 20)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind in (2, 3):
                return
            yield attributes(data[20:length])
            data = data[(length + 3) & ~3 :]


chains = collections.defaultdict(list)
for rule in dump(int(sys.argv[1])):
    chains[rule[CHAIN]].append(rule[EXPRESSIONS])
compared = wrong = 0
for chain, rules in chains.items():
    half = len(rules) // 2
    for i in range(half):
        compared += 1
        if rules[i] != rules[half + i] or len(rules) % 2:
            wrong += 1
            print(f"{chain}: rule {i}\n  nft:  {rules[i].hex()}\n  ours: {rules[half + i].hex()}")
print(f"{compared} rules compared, {wrong} differ")
sys.exit(wrong != 0 or compared < 100)
