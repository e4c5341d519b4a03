# SPDX-License-Identifier: LGPL-2.1-or-later
"""The beginning of an SCTP association by raw sockets, for kernels without SCTP: what
an INIT chunk to a service becomes at a backend, and whose answer comes back."""
import select
import socket
import struct
import time

from cluster import Inside

IPPROTO_SCTP = 132
INIT, INIT_ACK = 1, 2


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet(kind, source_port, port, verification_tag, tag):
    chunk = struct.pack("!BBHIIHHI", kind, 0, 20, tag, 65536, 1, 1, tag)
    head = struct.pack("!HHI", source_port, port, verification_tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def parse(data, family):
    """(kind, source port, port, tag) of what a raw socket got."""
    if family == socket.AF_INET:
        data = data[(data[0] & 15) * 4 :]
    source_port, port = struct.unpack("!HH", data[:4])
    # A kernel that has SCTP answers, too, with an ABORT: that has no tag of its own.
    tag = data[16:20].ljust(4, b"\0")
    return data[12], source_port, port, struct.unpack("!I", tag)[0]


def raw(netns, family):
    with Inside(netns):
        s = socket.socket(family, socket.SOCK_RAW, IPPROTO_SCTP)
    s.setblocking(False)
    return s


class Association:
    """What became of an INIT: who got it, on which port, from where; who answered."""

    def __init__(self):
        self.backend = self.port = self.seen = self.answer = self.answer_port = None


def received(sockets, end):
    left = max(end - time.monotonic(), 0)
    for s in select.select(sockets, [], [], left)[0]:
        data, peer = s.recvfrom(2048)
        yield s, parse(data, s.family), peer[0]


def begin(netns, address, port, source_port, backends, patience=2.0):
    """`backends`: their names and namespaces. None of their fields: it did not arrive."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = raw(netns, family)
    at = {raw(where, family): name for name, where in backends.items()}
    made, end = Association(), time.monotonic() + patience
    client.sendto(packet(INIT, source_port, port, 0, source_port + 1), (address, 0))
    while made.answer is None and time.monotonic() < end:
        for s, (kind, from_port, to_port, tag), peer in received([client, *at], end):
            if s is not client and kind == INIT and tag == source_port + 1:
                made.backend, made.port, made.seen = at[s], to_port, peer
                s.sendto(packet(INIT_ACK, to_port, from_port, tag, 77), (peer, 0))
            elif s is client and kind == INIT_ACK and to_port == source_port:
                made.answer, made.answer_port = peer, from_port
    for s in (client, *at):
        s.close()
    return made
