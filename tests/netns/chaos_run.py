#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chaos (chaos.sh): while chaos_check changes services at random, clients use those that
stay, and the tables are compared with what nft and the library make of them in an empty
namespace.

    chaos_run.py run PREFIX DIRECTORY CHECK SEED CHANGES
    chaos_run.py serve PREFIX        the backends of the stable services; "ready"
    chaos_run.py traffic PREFIX      commands on standard input, a line each; see Traffic

Namespaces: PREFIX-node, PREFIX-fresh, PREFIX-pod and PREFIX-out with clients,
PREFIX-backends.
"""
import ctypes
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import flows  # noqa: E402
from chaos_tables import Ruleset, differences  # noqa: E402
from cluster import NETNS, Inside  # noqa: E402

PROTOCOLS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}
TCP_INFO, TOTAL_RETRANS = 11, 100  # offset in struct tcp_info
PATIENCE = 10.0


def number(template4, template6, n, family):
    return (template4 if family == 4 else template6) % n


def node_address(family):
    return number("10.100.0.1%d", "fd00:100::1%d", 1, family)


def backend_address(n, family):
    return number("10.1.%d.3", "fd00:1:0:%d::3", n, family)


class Stable:
    """A service that nobody changes; its endpoint n is on node n."""

    def __init__(self, index, name, protocol, port, target, spec=None, nodes=(1, 2, 3), policy=None):
        self.index, self.name, self.protocol, self.port, self.target = index, name, protocol, port, target
        self.spec, self.nodes, self.policy = spec or {}, nodes, policy
        self.backends = ["%s-%d" % (name, n) for n in nodes]

    def cluster_ip(self, family):
        return number("10.96.0.1%d", "fd00:96::1%d", self.index, family)

    def external_ip(self, family):
        return number("198.51.100.24%d", "2001:db8:51::f%d", self.index, family)

    def balancer_ip(self, family):
        return number("203.0.113.24%d", "2001:db8:113::f%d", self.index, family)

    def node_port(self):
        return 30000 + self.port

    def objects(self):
        meta = {"namespace": "shop", "name": self.name}
        if self.policy:
            meta["annotations"] = {"k8snet.io/load-balancing": self.policy}
        port = {"name": "main", "protocol": self.protocol, "port": self.port}
        spec = {"type": "LoadBalancer", "clusterIPs": [self.cluster_ip(f) for f in (4, 6)]}
        spec.update(self.spec, ports=[port], externalIPs=[self.external_ip(f) for f in (4, 6)])
        service = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
        if spec["type"] == "ClusterIP":
            return [service] + [self.slice(f) for f in (4, 6)]
        port["nodePort"] = self.node_port()
        ingress = [{"ip": self.balancer_ip(f)} for f in (4, 6)]
        service["status"] = {"loadBalancer": {"ingress": ingress}}
        return [service] + [self.slice(f) for f in (4, 6)]

    def slice(self, f):
        endpoints = [
            {"addresses": [backend_address(n, f)], "nodeName": "node-%d" % n} for n in self.nodes
        ]
        labels = {"kubernetes.io/service-name": self.name}
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"namespace": "shop", "name": "%s-v%d" % (self.name, f), "labels": labels},
            "addressType": "IPv%d" % f,
            "endpoints": endpoints,
            "ports": [{"name": "main", "protocol": self.protocol, "port": self.target}],
        }


# Protocols, ports and backends as the services that change have them, too.
NEW = Stable(1, "stable-new", "TCP", 80, 8080)
LOCAL = {"externalTrafficPolicy": "Local"}
LONG = Stable(2, "stable-long", "TCP", 443, 8443, LOCAL, nodes=(1, 2))
NAMES = Stable(3, "stable-names", "UDP", 53, 8053)
AFFINE = Stable(4, "stable-affine", "TCP", 81, 9000, {"sessionAffinity": "ClientIP"})
TURNS = Stable(5, "stable-turns", "TCP", 82, 9001, policy="round-robin")
INSIDE = {"type": "ClusterIP"}  # the table of a frontend has 1,021 slots
HASHED = Stable(6, "stable-hashed", "TCP", 83, 9002, INSIDE, policy="consistent-hash")
STABLE = (NEW, LONG, NAMES, AFFINE, TURNS, HASHED)


def stable_objects():
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "node-1"},
        "spec": {"podCIDRs": ["10.1.1.0/24", "fd00:1:0:1::/64"]},
        "status": {
            "addresses": [{"type": "InternalIP", "address": node_address(f)} for f in (4, 6)]
        },
    }
    return {"kind": "List", "apiVersion": "v1", "items": sum((s.objects() for s in STABLE), [node])}


def die_with_parent():
    ctypes.CDLL(None).prctl(flows.PR_SET_PDEATHSIG, signal.SIGKILL)


# --- servers ------------------------------------------------------------------


def serve(prefix):
    die_with_parent()
    sockets = {}
    for s in STABLE:
        for f in (4, 6):
            for n in s.nodes:
                with Inside(prefix + "-backends"):
                    made = socket.socket(flows.family_of(f), PROTOCOLS[s.protocol])
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind((backend_address(n, f), s.target))
                if s.protocol == "TCP":
                    made.listen(512)
                sockets[made] = "%s-%d" % (s.name, n)
    print("ready", flush=True)
    while True:
        for s in select.select(list(sockets), [], [])[0]:
            if s.type == socket.SOCK_DGRAM:
                flows.serve_datagram(sockets[s], s)
            else:
                flows.serve_next(sockets[s], s)


# --- clients ------------------------------------------------------------------


class Failure(Exception):
    pass


class Way:
    """From a client to an address of a stable service."""

    def __init__(self, prefix, source, service, ip, port, only=None):
        self.netns, self.service, self.ip, self.port = prefix + "-" + source, service, ip, port
        self.backends = only or service.backends
        self.text = "%s to %s %s:%d" % (source, service.protocol, ip, port)

    def socket(self):
        with Inside(self.netns):
            s = socket.socket(
                socket.AF_INET6 if ":" in self.ip else socket.AF_INET, PROTOCOLS[self.service.protocol]
            )
        s.settimeout(PATIENCE)
        try:
            s.connect((self.ip, self.port))
        except OSError:
            s.close()
            raise
        return s

    def named(self, answer):
        name = answer.decode().split()[0] if answer else "nobody"
        if name not in self.backends:
            raise Failure("answered by %s" % name)
        return name


class Once:
    """A new connection, or a socket of its own for one datagram, each time. The client
    closes first: a backend that waits in TIME_WAIT for a client's port may refuse it when
    it comes again by another address of the service."""

    def __init__(self, way):
        self.way = way

    def use(self):
        with self.way.socket() as s:
            if s.type == socket.SOCK_STREAM:
                info = s.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 256)
                if struct.unpack_from("I", info, TOTAL_RETRANS)[0]:
                    raise Failure("connected at the second attempt")
            s.send(b"name" if s.type == socket.SOCK_STREAM else b"who")
            return self.way.named(s.recv(200))

    def forget(self):
        """Somebody has damaged the tables."""


class Same(Once):
    """The same backend each time, and for all ways of a client to the service."""

    def __init__(self, way, known):
        super().__init__(way)
        self.known, self.key = known, (way.netns, way.service.name, ":" in way.ip)

    def use(self):
        name = super().use()
        before = self.known.setdefault(self.key, name)
        if name != before:
            self.known[self.key] = name
            raise Failure("%s, and now %s" % (before, name))

    def forget(self):
        if not self.way.service.policy:  # what was learnt is gone, what is computed is not
            self.known.pop(self.key, None)


class Turn(Once):
    """One backend after the other; nobody else uses this way."""

    def __init__(self, way):
        super().__init__(way)
        self.names = []

    def use(self):
        self.names.append(super().use())
        n = len(self.way.backends)
        if len(self.names) > n and self.names[-1] != self.names[-1 - n]:
            names, self.names = self.names[-2 * n :], []
            raise Failure("out of turn: %s" % names)

    def forget(self):
        self.names = []


class Kept:
    """A connection that lasts, or a socket that keeps its port: always the same backend."""

    def __init__(self, way):
        self.way, self.count = way, 0
        self.socket = way.socket()
        self.name = self.ask()

    def ask(self):
        if self.way.service.protocol == "TCP" and self.count:
            message = b"seq %d" % self.count
            self.socket.send(message)
            if self.socket.recv(200) != message:
                raise Failure("another answer")
            return self.name
        self.socket.send(b"name" if self.way.service.protocol == "TCP" else b"who")
        return self.way.named(self.socket.recv(200))

    def use(self):
        self.count += 1
        name = self.ask()
        if name != self.name:
            raise Failure("%s, and now %s" % (self.name, name))

    def forget(self):
        """Connections outlive it."""


class Traffic:
    """Commands: go, pause, report (what failed, and begin anew). Each has an answer."""

    def __init__(self, prefix):
        self.prefix, self.count, self.failures, self.is_going = prefix, 0, [], False
        self.clients, self.noise, self.known = [], [], {}

    def start(self):
        for f in (4, 6):
            self.add(Once, "pod", NEW, NEW.cluster_ip(f), 80)
            self.add(Once, "node", NEW, NEW.cluster_ip(f), 80)
            self.add(Once, "out", NEW, NEW.external_ip(f), 80)
            self.add(Once, "out", LONG, LONG.balancer_ip(f), 443, LONG.backends[:1])
            self.add(Once, "out", LONG, node_address(f), 30443, LONG.backends[:1])
            self.add(Once, "pod", NAMES, NAMES.cluster_ip(f), 53)
            self.add(Once, "node", NAMES, NAMES.cluster_ip(f), 53)
            self.add(Once, "out", NAMES, node_address(f), 30053)
            self.add(Kept, "pod", LONG, LONG.cluster_ip(f), 443)
            self.add(Kept, "node", LONG, LONG.cluster_ip(f), 443)
            self.add(Kept, "out", LONG, LONG.balancer_ip(f), 443, LONG.backends[:1])
            self.add(Kept, "out", LONG, node_address(f), 30443, LONG.backends[:1])
            self.add(Kept, "pod", NAMES, NAMES.cluster_ip(f), 53)
            self.add(Kept, "out", NAMES, NAMES.balancer_ip(f), 53)
            for service in AFFINE, HASHED:
                port = service.port
                self.add_same("pod", service, service.cluster_ip(f), port)
                self.add_same("node", service, service.cluster_ip(f), port)
                self.add_same("out", service, service.external_ip(f), port)
                if service is AFFINE:
                    self.add_same("pod", service, service.balancer_ip(f), port)
                    self.add_same("out", service, node_address(f), service.node_port())
            self.add(Turn, "pod", TURNS, TURNS.cluster_ip(f), 82)
            self.add(Turn, "out", TURNS, node_address(f), TURNS.node_port())
            with Inside(self.prefix + "-pod"):
                s = socket.socket(flows.family_of(f), socket.SOCK_DGRAM)
            s.setblocking(False)
            self.noise.append(s)

    def add(self, kind, source, service, ip, port, only=None):
        self.clients.append(kind(Way(self.prefix, source, service, ip, port, only)))

    def add_same(self, source, service, ip, port):
        self.clients.append(Same(Way(self.prefix, source, service, ip, port), self.known))

    def disturb(self):
        """Entries in connection tracking of services that come and go."""
        n, v = random.randrange(1, 25), random.randrange(1, 3)
        for s, ip in zip(self.noise, ("10.96.%d.%d" % (v, n), "fd00:96::%d:%x" % (v, n))):
            try:
                s.sendto(b"who", (ip, 53))
            except OSError:
                pass  # refused, by a service without endpoints

    def round(self):
        self.disturb()
        for client in self.clients:
            self.count += 1
            try:
                client.use()
            except (OSError, Failure) as e:
                kind = type(client).__name__.lower()
                text = "%s %s: %s" % (kind, client.way.text, e or type(e).__name__)
                self.failures.append("%.3f %s" % (time.monotonic(), text))
                if kind == "kept":
                    client.socket.close()
                    self.clients.remove(client)

    def obey(self, word):
        if word == "go":
            self.clients or self.start()
            for client in self.clients:
                client.forget()
            self.is_going = True
        elif word == "pause":
            self.is_going = False
            time.sleep(0.3)  # acknowledgements may be late
        report = {"count": self.count, "failures": self.failures[:20]}
        print(json.dumps(report), flush=True)

    def run(self):
        die_with_parent()
        while True:
            if select.select([sys.stdin], [], [], 0 if self.is_going else None)[0]:
                line = sys.stdin.readline()
                if not line:
                    return
                self.obey(line.strip())
            if self.is_going:
                self.round()
                time.sleep(0.002)


# --- harm ---------------------------------------------------------------------


class Tables:
    """Those of a namespace, by nft."""

    def __init__(self, netns):
        self.netns = netns

    def nft(self, *words, text=None):
        command = ["ip", "netns", "exec", self.netns, "nft"] + list(words)
        return subprocess.run(command, input=text, text=True, capture_output=True, check=True).stdout

    def list(self):
        return json.loads(self.nft("-j", "list", "ruleset"))["nftables"]

    def flush(self):
        self.nft("flush", "ruleset")

    def of_kind(self, *kinds):
        for item in self.list():
            for kind in kinds:
                if kind in item:
                    yield kind, item[kind]

    def full(self):
        """(kind, set or map) of those that have elements, in an order that lasts."""
        found = [(k, m) for k, m in self.of_kind("set", "map") if m.get("elem")]
        # What packets have taught nobody has to know better.
        found = [each for each in found if each[1]["name"] != "affinity"]
        return sorted(found, key=lambda each: (each[1]["family"], each[1]["name"]))

    def delete_element(self, draw):
        _, chosen = draw.choice(self.full())
        element = draw.choice(sorted(chosen["elem"], key=json.dumps))
        key = element if "type" in chosen and "map" not in chosen else element[0]
        command = {"family": chosen["family"], "table": chosen["table"], "name": chosen["name"]}
        command["elem"] = [key]
        text = json.dumps({"nftables": [{"delete": {"element": command}}]})
        self.nft("-j", "-f", "-", text=text)
        return "element of %s deleted" % chosen["name"]

    def flush_map(self, draw):
        kind, m = draw.choice(self.full())
        self.nft("flush", kind, m["family"], m["table"], m["name"])
        return "%s flushed" % m["name"]

    def flush_chain(self, draw):
        r = draw.choice([r for _, r in self.of_kind("rule")])
        self.nft("flush", "chain", r["family"], r["table"], r["chain"])
        return "%s flushed" % r["chain"]

    def delete_rule(self, draw):
        r = draw.choice([r for _, r in self.of_kind("rule")])
        self.nft("delete", "rule", r["family"], r["table"], r["chain"], "handle", str(r["handle"]))
        return "rule of %s deleted" % r["chain"]

    def replace_rule(self, draw):
        # There are as many as before: only who is told of it can know.
        r = draw.choice([r for _, r in self.of_kind("rule")])
        where = (r["family"], r["table"], r["chain"], "handle", str(r["handle"]))
        self.nft("replace", "rule", *where, "counter", "drop")
        return "rule of %s replaced" % r["chain"]

    def delete_table(self, draw):
        t = draw.choice([t for _, t in self.of_kind("table")])
        self.nft("delete", "table", t["family"], t["name"])
        return "table %s deleted" % t["family"]

    def flush_all(self, _):
        self.flush()
        return "ruleset flushed"

    def add_rule(self, draw):
        # One that only tells of the mark is never run: rules in it are let be.
        chains = [c for _, c in self.of_kind("chain") if not c["name"].startswith("masquerade-")]
        c = draw.choice(chains)
        self.nft("insert", "rule", c["family"], c["table"], c["name"], "counter", "drop")
        return "rule added to %s" % c["name"]

    def add_element(self, draw):
        which = draw.choice(
            (
                "ip k8snet services { 10.96.77.7 . tcp . 7 : 8001:1 }",
                "ip k8snet service-chains { 10.96.77.7 . tcp . 7 : goto no-endpoints }",
                "ip k8snet cluster-ips { 10.96.77.7 }",
                "ip6 k8snet endpoints-udp { fd00:96::77 . 7 . 0 : fd00:1:0:1::7 . 7 }",
                "ip6 k8snet hairpin { fd00::7 . fd00::7 }",
            )
        )
        self.nft("add element " + which)
        return "element added to " + which.split()[2]

    def harm(self, draw, adds):
        what = [self.delete_element] * 3 + [self.flush_map] * 2 + [self.delete_table]
        what += [self.flush_chain, self.delete_rule, self.flush_all]
        if adds:
            what = [self.add_rule, self.add_element, draw.choice(what)]
        else:
            what += [self.replace_rule] * 2
        return draw.choice(what)(draw)


# --- the run ------------------------------------------------------------------


class Run:
    def __init__(self, prefix, directory, check, seed, changes):
        self.directory, self.seed, self.changes = directory, int(seed), int(changes)
        self.node, self.fresh = Tables(prefix + "-node"), Tables(prefix + "-fresh")
        stable = os.path.join(directory, "stable.json")
        with open(stable, "w") as out:
            json.dump(stable_objects(), out)
        self.commands = os.path.join(directory, "commands")
        me = [sys.executable, "-I", "-B", os.path.abspath(__file__)]
        self.server = self.start(me + ["serve", prefix])
        if self.server.stdout.readline() != "ready\n":
            raise SystemExit("no servers")
        self.traffic = self.start(me + ["traffic", prefix])
        netns = [NETNS + t.netns for t in (self.node, self.fresh)]
        self.check = self.start([check] + netns + [stable, seed, changes, self.commands])
        self.count, self.failures, self.harms = 0, [], []
        self.compared = self.largest = 0

    def start(self, command):
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
        )

    def clients(self, word):
        self.traffic.stdin.write(word + "\n")
        self.traffic.stdin.flush()
        line = self.traffic.stdout.readline()
        report = json.loads(line) if line else {"count": self.count, "failures": ["no client"]}
        self.count, self.failures = report["count"], report["failures"]

    def compare(self):
        self.compared += 1
        is_, should = (Ruleset(t.list(), t.nft("-st", "list", "ruleset")) for t in (self.node, self.fresh))
        self.largest = max(self.largest, is_.count_elements())
        found = differences(is_, should)
        self.fresh.flush()
        self.clients("report")
        return found + self.failures

    def obey(self, word, step):
        """What is wrong, a line each."""
        if word in ("start", "repaired"):
            self.clients("go")
            return self.failures
        if word in ("harm", "pollute"):
            self.clients("pause")
            draw = random.Random(self.seed * 1000003 + step)
            self.harms.append("%d: %s" % (step, self.node.harm(draw, word == "pollute")))
            return self.failures
        if word == "replay":
            command = ["ip", "netns", "exec", self.fresh.netns, "sh", "-e", self.commands]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                return ["commands: " + done.stderr[:400]]
        if word in ("replay", "compare"):
            return self.compare()
        self.clients("report")
        return self.failures

    def run(self):
        begin, step = time.monotonic(), 0
        for line in self.check.stdout:
            word, step = line.split()
            wrong = self.obey(word, int(step))
            for text in wrong[:20]:
                print("    " + text)
            self.check.stdin.write("bad\n" if wrong else "ok\n")
            self.check.stdin.flush()
            if wrong:
                break
        status = self.check.wait()
        took = time.monotonic() - begin
        text = "seed %d: %s changes, %d comparisons of up to %d elements, " % (
            self.seed, step, self.compared, self.largest
        )
        text += "%d harms, %d requests, %.1f s" % (len(self.harms), self.count, took)
        if status or int(step) != self.changes:
            print("not ok %s: status %d" % (text, status))
            print("    harms: " + ", ".join(self.harms[-5:]))
            print("    again: CHAOS_SEED=%d CHAOS_CHANGES=%d" % (self.seed, self.changes))
            return 1
        print("ok " + text)
        return 0


def main():
    what, prefix = sys.argv[1:3]
    if what == "serve":
        serve(prefix)
    elif what == "traffic":
        Traffic(prefix).run()
    else:
        die_with_parent()
        sys.exit(Run(prefix, *sys.argv[3:7]).run())


if __name__ == "__main__":
    main()
