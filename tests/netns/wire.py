#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What passes an underlay, a line a packet, until SIGTERM: "ready", then

    vxlan IPv4 FROM TO port 8472 vni 1 MAC MAC IPv6     inner MACs and protocol
    plain IPv4 FROM TO

    wire.py NETNS
"""
import os
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import Inside  # noqa: E402

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
SO_RCVBUFFORCE = 33
ICMPV6, UDP = 58, 17
VXLAN_PORT = 8472
NAMES = {ETH_P_IP: "IPv4", ETH_P_IPV6: "IPv6"}


def mac(data):
    return ":".join("%02x" % b for b in data)


def network(frame):
    """(protocol name, source, destination, transport protocol, payload)"""
    kind = struct.unpack("!H", frame[12:14])[0]
    data = frame[14:]
    if kind == ETH_P_IP:
        source, to = (socket.inet_ntop(socket.AF_INET, data[i : i + 4]) for i in (12, 16))
        return "IPv4", source, to, data[9], data[(data[0] & 15) * 4 :]
    if kind == ETH_P_IPV6:
        source, to = (socket.inet_ntop(socket.AF_INET6, data[i : i + 16]) for i in (8, 24))
        return "IPv6", source, to, data[6], data[40:]
    return None


def describe(frame):
    packet = network(frame)
    # Neighbour discovery, groups that links join.
    if not packet or packet[3] == ICMPV6 or packet[2].startswith(("ff", "224.")):
        return None
    line = "%s %s %s" % packet[:3]
    if packet[3] == UDP:
        port = struct.unpack("!H", packet[4][2:4])[0]
        if port == VXLAN_PORT:
            header, inner = packet[4][8:16], packet[4][16:]
            if header[0] != 8:
                return "vxlan %s without a VNI" % line
            kind = struct.unpack("!H", inner[12:14])[0]
            vni = int.from_bytes(header[4:7], "big")
            ends = mac(inner[6:12]), mac(inner[:6]), NAMES.get(kind, hex(kind))
            return "vxlan %s port %d vni %d %s %s %s" % ((line, port, vni) + ends)
    return "plain " + line


def main():
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    with Inside(sys.argv[1]):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # On a busy machine this reads long after the frames have passed.
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    s.settimeout(0.2)
    seen = set()
    print("ready", flush=True)
    while True:
        try:
            frame, where = s.recvfrom(2048)
        except OSError:
            if stop:
                break
            continue
        if where[0].startswith("n"):  # a node's end, not the bridge
            seen.add(describe(frame))
    for line in sorted(filter(None, seen)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
