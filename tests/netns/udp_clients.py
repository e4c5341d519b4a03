#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""UDP clients of a cluster (cluster.py) that keep their source ports, as resolvers
do, from before a change of the service to after it.

    udp_clients.py PREFIX FAMILY   reads commands, a line each; answers a line

    bind NAME FROM TO PORT       a client NAME in FROM, with a port of its own
    bound NAME FROM TO PORT N    the same with the port N
    ask NAME                     the name of the pod that answers, or "silence", "refused"
    until NAME POD               new clients in NAME's place until POD answers
    port NAME                    its source port

TO is a service (its cluster IP), a node (its address) or an address; it is asked
in the first family.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster as model  # noqa: E402
from cluster import Inside  # noqa: E402

TIMEOUT = 0.5
ROUNDS = 60  # (2/3)^60: once in 10^10


class Clients:
    def __init__(self, cluster):
        self.cluster, self.family = cluster, cluster.families[0]
        self.sockets, self.ways = {}, {}

    def address(self, to):
        c = self.cluster
        if to in [s.name for s in c.services]:
            return c.cluster_ip(c.service(to), self.family)
        return to if ":" in to or "." in to else c.address(to, self.family)

    def bound(self, name, source, to, port, number):
        self.ways[name] = source, to, port
        if name in self.sockets:
            self.sockets[name].close()
        with Inside(self.cluster.netns(source)):
            s = socket.socket(
                socket.AF_INET if self.family == 4 else socket.AF_INET6, socket.SOCK_DGRAM
            )
        s.settimeout(TIMEOUT)
        s.bind(("0.0.0.0" if self.family == 4 else "::", int(number)))
        s.connect((self.address(to), int(port)))
        self.sockets[name] = s
        return "bound"

    def bind(self, name, source, to, port):
        return self.bound(name, source, to, port, 0)

    def ask(self, name):
        s = self.sockets[name]
        try:
            s.send(b"who")
            return s.recv(4096).decode().split()[0]
        except socket.timeout:
            return "silence"
        except OSError:
            return "refused"

    def until(self, name, pod):
        for _ in range(ROUNDS):
            if self.ask(name) == pod:
                return pod
            self.bind(name, *self.ways[name])
        return "never"

    def port(self, name):
        return str(self.sockets[name].getsockname()[1])


def main():
    clients = Clients(model.Cluster(*sys.argv[1:3]))
    for line in sys.stdin:
        words = line.split()
        print(getattr(clients, words[0])(*words[1:]), flush=True)


if __name__ == "__main__":
    main()
