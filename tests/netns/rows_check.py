#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packets for the behaviour of a service proxy that flows.py has not (rows.sh). The
services are those of tests/plan/data/rows.json, whose plan is among the golden ones:
backends are the pods web-1 to web-3 of a dual-stack cluster (cluster.py).

    rows_check.py check PREFIX LABEL GROUP,... [addresses=N]
    rows_check.py outlive PREFIX LABEL     a connection before and after its service; a line on
                                     standard input each, "ready" before the first
"""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster as model  # noqa: E402
import flows  # noqa: E402
import sctp  # noqa: E402
from cluster import HOST_PORT, Inside  # noqa: E402,F401

UDP = socket.SOCK_DGRAM
WEBS = ("web-1", "web-2", "web-3")
OUT = ("out",)


def cluster_ip(n, f):
    return ("10.96.0.%d" if f == 4 else "fd00:96::%d") % n


def external_ip(n, f):
    return ("198.51.100.%d" if f == 4 else "2001:db8:51::%d") % n


def balancer_ip(n, f):
    return ("203.0.113.%d" if f == 4 else "2001:db8:113::%d") % n


class Rows(flows.Checks):
    def all_of(self, source, ip, port, backends, kind=socket.SOCK_STREAM, seen=None):
        """Each of `backends` answers, and nobody else: (2/3)^60 is once in 10^10."""
        names = set()
        for _ in range(60):
            names.add(self.expect(source, ip, port, kind, by=backends, seen=seen))
            if names == set(backends):
                return
        self.failures.append("%s to %s:%d: %s alone" % (source, ip, port, sorted(map(str, names))))

    # --- frontends ---

    def shared_port(self):
        """TCP, UDP and SCTP on one port number, each to its own target port."""
        c = self.cluster
        for f in c.families:
            ways = [("client-1", cluster_ip(40, f), 80), ("n1", cluster_ip(40, f), 80)]
            for ip in external_ip(40, f), balancer_ip(40, f):
                ways.append(("out", ip, 80))
            ways += [("out", c.node_address(n, f), 30140) for n in c.nodes]
            for source, ip, port in ways:
                self.all_of(source, ip, port, WEBS)
                self.all_of(source, ip, port, WEBS, UDP)
                self.associations(source, ip, port)

    def associations(self, source, ip, port):
        c, names = self.cluster, set()
        backends = {name: c.netns(name) for name in WEBS}
        f = 6 if ":" in ip else 4
        pod = (c.pod_address(source, f),) if source.startswith("client") else None
        seen = pod or self.node_addresses(int(source[1:]) if source != "out" else self.taker(ip))
        for n in range(30):
            self.count += 1
            made = sctp.begin(c.netns(source), ip, port, 20000 + n, backends)
            names.add(made.backend)
            got = (made.port, made.answer, made.answer_port)
            if got != (model.SCTP_PORT, ip, port) or made.seen not in seen:
                self.failures.append("%s to sctp %s:%d: %s" % (source, ip, port, vars(made)))
                return
            if len(names) == len(WEBS):
                return
        self.failures.append("%s to sctp %s:%d: %s alone" % (source, ip, port, names))

    def taker(self, ip):
        """The node that takes what comes from outside."""
        c = self.cluster
        return next((n for n in c.nodes for f in c.families if c.node_address(n, f) == ip), 1)

    def balancer_modes(self):
        """Addresses of a load balancer with ipMode VIP, or none, are served; with Proxy, the
        balancer itself is to have the traffic."""
        for f in self.cluster.families:
            for source in ("client-1", "n1", "out"):
                for n in 41, 42:
                    self.expect(source, balancer_ip(n, f), 8080, by=WEBS)
                self.expect(source, balancer_ip(141, f), 8080, by=OUT)

    def loopback(self):
        """Node ports are not on loopback addresses."""
        for f in self.cluster.families:
            ip = "127.0.0.1" if f == 4 else "::1"
            self.refused("n1", ip, 30140)
            self.refused("n1", ip, 30140, UDP)
            self.expect("n1", self.cluster.node_address(1, f), 30140, by=WEBS)

    def written(self):
        """Addresses count by their value, however they are written."""
        for f in self.cluster.families:
            for ip in cluster_ip(42, f), external_ip(42, f):
                for source in ("client-1", "n1"):
                    self.expect(source, ip, 80, by=("web-1",))
            self.expect("out", external_ip(42, f), 80, by=("web-1",))

    # --- backends ---

    def several_slices(self):
        """A backend that two slices have has its share once: within 5 standard deviations,
        where twice would be 8 away."""
        for f in self.cluster.families:
            n, seen = 600, dict.fromkeys(WEBS, 0)
            for _ in range(n):
                name = self.expect("client-1", cluster_ip(43, f), 80, by=WEBS)
                seen[name] = seen.get(name, 0) + 1
            if any(abs(seen[w] - n / 3) > 5 * (n * 2 / 9) ** 0.5 for w in WEBS):
                self.failures.append("spread: %s" % seen)
            self.notes.append("/".join(str(seen[w]) for w in WEBS))

    def port_names(self):
        """Ports of slices belong to those of the service by name and protocol."""
        for f in self.cluster.families:
            for source in ("client-1", "n1"):
                for _ in range(4):
                    self.expect(source, cluster_ip(44, f), 80, by=("web-1",))
                    self.expect(source, cluster_ip(44, f), 81, by=("web-2",))
                self.refused(source, cluster_ip(44, f), 53)  # the slice's is UDP

    def conditions(self):
        """Absent: ready and serving, not terminating."""
        for f in self.cluster.families:
            self.all_of("client-1", cluster_ip(45, f), 80, ("web-1", "web-2"))

    def ending(self):
        """Those that serve while they end, where none is ready: in the cluster and on the
        node each for itself."""
        c = self.cluster
        for f in c.families:
            outside = (c.outside_address(f),)
            for n in c.nodes:
                for source in ("client-%d" % n, "n%d" % n):
                    for ip in cluster_ip(46, f), external_ip(46, f), balancer_ip(46, f):
                        self.expect(source, ip, 80, by=("web-2",))
                    self.expect(source, c.node_address(n, f), 30146, by=("web-2",))
                    self.expect(source, cluster_ip(47, f), 80, by=("web-1",))
            for ip in external_ip(46, f), balancer_ip(46, f):
                self.expect("out", ip, 80, by=("web-1",), seen=outside)
            for port, backends in (30146, {1: "web-1", 2: "web-2"}), (30147, {1: "web-1"}):
                for n in c.nodes:
                    if n in backends:
                        by = (backends[n],)
                        self.expect("out", c.node_address(n, f), port, by=by, seen=outside)
                    else:
                        self.dropped("out", c.node_address(n, f), port)
            for n, name in (1, "web-1"), (2, "web-2"):
                self.expect("client-%d" % n, cluster_ip(48, f), 80, by=(name,))
                self.expect("n%d" % n, cluster_ip(48, f), 80, by=(name,))
            self.dropped("client-3", cluster_ip(48, f), 80)

    def topology(self):
        """Hints for nodes, hints for zones; none, if one has none or none is for here."""
        c = self.cluster
        for f in c.families:
            for n in c.nodes:
                for source in ("client-%d" % n, "n%d" % n):
                    for _ in range(4):
                        self.expect(source, cluster_ip(49, f), 80, by=("web-%d" % n,))
                        by = ("web-1",) if n < 3 else ("web-2",)
                        self.expect(source, cluster_ip(50, f), 80, by=by)
                self.all_of("client-%d" % n, cluster_ip(51, f), 80, WEBS)
                self.all_of("client-%d" % n, cluster_ip(52, f), 80, WEBS[:2])

    def skipped(self):
        """Another proxy's, headless, ExternalName: their addresses are somebody else's."""
        for f in self.cluster.families:
            for source in ("client-1", "n1", "out"):
                for n in 153, 154, 155:
                    self.expect(source, external_ip(n, f), 8080, by=OUT)
            self.dropped("client-1", cluster_ip(53, f), 8080)

    # --- masquerading ---

    def peer(self, source, ip, port, source_port):
        """(address, port) that the server saw of a connection from that port."""
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        with Inside(self.cluster.netns(source)):
            s = socket.socket(family, socket.SOCK_STREAM)
        with s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("", source_port))
            s.settimeout(flows.TIMEOUT)
            s.connect((ip, port))
            s.send(b"who")
            words = s.recv(200).decode().split()
            return words[1], int(words[2])

    def random_ports(self):
        """The source port of what is masqueraded is drawn, though the client's is free; what
        is not masqueraded keeps its port."""
        c = self.cluster
        for f in c.families:
            own, mine, ports = c.pod_address("client-1", f), self.node_addresses(1), []
            for n in range(8):
                port = 21000 + 16 * f + n
                got = self.attempt("node port", self.peer, "out", c.node_address(1, f), 30140, port)
                if got and got[0] not in mine:
                    self.failures.append("masqueraded as %s" % got[0])
                ports.append(got and got[1] - port)
                got = self.attempt("cluster IP", self.peer, "client-1", cluster_ip(40, f), 80, port)
                if got and got != (own, port):
                    self.failures.append("%s became %s:%d" % ((own,) + got))
            # Kept ports would be 0, those in a row always the same.
            if len(set(ports)) < 6:
                self.failures.append("ports are not drawn: by %s" % ports)

    def foreign_mark(self):
        """Packets with the bit of the default mark, by a rule of somebody else's, where the
        library has another one: not masqueraded."""
        c = self.cluster
        for f in c.families:
            seen = (c.pod_address("client-1", f),)
            self.expect("client-1", cluster_ip(40, f), 80, by=WEBS, seen=seen)
            self.expect("out", c.node_address(1, f), 30140, by=WEBS, seen=self.node_addresses(1))

    def masqueraded_once(self):
        """A masqueraded packet that goes on in VXLAN: the outer packet, which inherits the
        mark, keeps the port that its flow's hash gave it."""
        c = self.cluster
        for f in c.families:
            for _ in range(8):
                ip = c.node_address(1, f)
                self.expect("out", ip, 30140, by=WEBS, seen=self.node_addresses(1))
                self.expect("out", ip, 30140, UDP, by=WEBS, seen=self.node_addresses(1))
            self.count += 1
            entries = list(self.vxlan_entries(f))
            if not entries:
                self.failures.append("no VXLAN in connection tracking")
            for entry in entries:
                if entry["sport"][0] != entry["dport"][1] or entry["src"][0] != entry["dst"][1]:
                    self.failures.append("masqueraded twice: %s" % entry)

    def vxlan_entries(self, f):
        """Of node 1: each field as the original direction has it, and the reply."""
        command = ["ip", "netns", "exec", self.cluster.netns("n1"), "conntrack", "-L"]
        command += ["-f", "ipv%d" % f, "-p", "udp", "--orig-port-dst", "8472"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            entry = {}
            for word in line.split():
                if "=" in word:
                    key, value = word.split("=")
                    entry.setdefault(key, []).append(value)
            if entry["src"][0] == self.cluster.node_address(1, f):
                yield entry


def echo(s, text):
    s.send(text)
    if s.recv(100) != text:
        raise flows.Failure("another answer")


def outlive(rows):
    """Connections to an address whose service goes, and the address is nobody's then: they
    go on, new ones are dropped."""
    c, held = rows.cluster, []
    for f in c.families:
        for source in ("client-1", "n1", "out"):
            s = flows.connect(c.netns(source), cluster_ip(56, f), 80)
            s.send(b"name")
            if s.recv(100) != b"web-1":
                raise SystemExit("not ok %s: no connection" % rows.label)
            held.append((source, s))
    print("ready", flush=True)
    sys.stdin.readline()
    for source, s in held:
        rows.attempt("established, " + source, echo, s, b"still there")
    for f in c.families:
        for source in ("client-1", "n1", "out"):
            rows.dropped(source, cluster_ip(56, f), 80)
            rows.dropped(source, cluster_ip(56, f), 80, UDP)


def main():
    what, prefix, label = sys.argv[1:4]
    rows = Rows(model.Cluster(prefix, "dual"), label, 50 if "overlay" in label else 0)
    if what == "outlive":
        rows.established = lambda: outlive(rows)
        sys.exit(not rows.run("established"))
    sys.exit(not all([rows.run(group) for group in sys.argv[4].split(",")]))


if __name__ == "__main__":
    main()
