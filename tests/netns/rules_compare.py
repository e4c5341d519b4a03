# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tables, sets, chains and rules as the kernel dumps them in two namespaces, the one by nft, the
other by our messages, must be the same bytes. Arguments: NFPROTO_..., two dumps, each made by this
script with NFPROTO_... alone, and how many objects there are at least."""
import json
import socket
import struct
import sys

# Messages, with the attributes that are of each object alone: handles, and those that count or
# name what is in memory.
KINDS = {
    "table": (0x0A01, {3, 4}),
    "chain": (0x0A04, {2}),
    "rule": (0x0A07, {3, 6}),
    "set": (0x0A0A, {16, 19, 20}),
}
NAMES = {"table": 1, "chain": 3, "rule": 2, "set": 2}


def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def dump(message, family):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    sock.send(struct.pack("=IHHIIBBH", 20, message, 0x301, 1, 0, family, 0, 0))
    while True:
        data = sock.recv(1 << 20)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind in (2, 3):
                return
            yield dict(attributes(data[20:length]))
            data = data[(length + 3) & ~3 :]


def dump_all(family):
    for kind, (message, own) in KINDS.items():
        for found in dump(message, family):
            name = found[NAMES[kind]].rstrip(b"\0").decode()
            yield [kind, name, {k: v.hex() for k, v in sorted(found.items()) if k not in own}]


if len(sys.argv) == 2:
    json.dump(list(dump_all(int(sys.argv[1]))), sys.stdout)
    sys.exit(0)
nft, ours = (sorted(json.load(open(name)), key=lambda o: o[:2]) for name in sys.argv[2:4])
wrong = abs(len(nft) - len(ours))
for a, b in zip(nft, ours):
    if a == b:
        continue
    wrong += 1
    print(f"{a[0]} {a[1]} / {b[0]} {b[1]}")
    for key in sorted(set(a[2]) | set(b[2]), key=int):
        if a[2].get(key) != b[2].get(key):
            print(f"  attribute {key}\n    nft:  {a[2].get(key)}\n    ours: {b[2].get(key)}")
print(f"{len(nft)} objects of nft, {len(ours)} of ours, {wrong} differ")
sys.exit(wrong != 0 or len(nft) < int(sys.argv[4]))
