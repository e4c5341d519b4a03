#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `explain` says, against where connections really go.

    explained.py objects PREFIX FAMILY FILE              more services than cluster.py has
    explained.py check PREFIX FAMILY PROXY               a table of flows
    explained.py traces PREFIX FAMILY PROXY              --verify leaves nothing behind
    explained.py differs PREFIX FAMILY PROXY WHAT SRC DST PORT   --verify tells WHAT differs
"""
import json
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
import cluster as model  # noqa: E402
import flows  # noqa: E402

UDP = socket.SOCK_DGRAM
WEBS = ("web-1", "web-2", "web-3")
POLICIES = {
    "hashed": (30, "source-hash"),
    "maglev": (31, "consistent-hash"),
    "turns": (32, "round-robin"),
    "heavy": (33, "weighted"),
    "sticky": (34, None),
    "nearby": (35, None),
}


class Wrong(Exception):
    pass


def add_services(cluster):
    for name, (number, policy) in POLICIES.items():
        port = model.Port("http", "TCP", 80, model.TCP_PORT, 30000 + number)
        more = {}
        if not policy:
            more["sessionAffinity"] = "ClientIP"
            more["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 600}}
        if name == "nearby":
            more["externalTrafficPolicy"] = "Local"
        cluster.services.append(
            model.Service(name, number, [port], "LoadBalancer", WEBS, True, **more)
        )


def objects(cluster, path):
    items = cluster.objects()
    for item in items:
        name, metadata = item["metadata"]["name"], item["metadata"]
        if item["kind"] == "Service" and POLICIES.get(name, (0, None))[1]:
            metadata["annotations"] = {"k8snet.io/load-balancing": POLICIES[name][1]}
        if item["kind"] == "EndpointSlice" and name.startswith("heavy-"):
            first = item["endpoints"][0]["addresses"][0]
            metadata["annotations"] = {"k8snet.io/weights": "%s=3" % first}
    kinds = ("Node", "Service", "EndpointSlice")
    chosen = [item for item in items if item["kind"] in kinds]
    with open(path, "w") as out:
        json.dump({"apiVersion": "v1", "kind": "List", "items": chosen}, out)


def explain(cluster, proxy, source, address, port, *more):
    """(status, outcome, {(address, port): is_masqueraded}, text) of the explanation."""
    command = [proxy, "explain", "--netns", model.NETNS + cluster.netns("n1"), *more]
    done = subprocess.run(
        command + [source, address, port], capture_output=True, text=True, timeout=10, check=False
    )
    own = done.stdout.split("the kernel:")[0]
    outcome, backends = None, {}
    for line in own.splitlines():
        if not line.startswith(" "):
            outcome = line.split(",")[0]
        found = re.fullmatch(r"  -> \[?([0-9a-f.:]+?)\]?:(\d+)(, masqueraded)?", line)
        if found:
            backends[(found[1], int(found[2]))] = bool(found[3])
    return done.returncode, outcome, backends, done.stdout + done.stderr


class Table:
    def __init__(self, cluster, proxy):
        self.cluster, self.proxy = cluster, proxy
        self.checks = flows.Checks(cluster, "explain")
        self.own = self.checks.node_addresses(1)
        self.outcomes = set()
        self.failures = []
        self.count = 0

    def source(self, who, f):
        c = self.cluster
        if who == "out":
            return c.outside_address(f)
        return c.node_address(1, f) if who == "n1" else c.pod_address(who, f)

    def kind_of(self, text):
        number, _, protocol = text.partition("/")
        return int(number), UDP if protocol == "udp" else socket.SOCK_STREAM

    def ask(self, who, address, port):
        """What becomes of a real connection."""
        number, kind = self.kind_of(port)
        try:
            return flows.who(self.cluster.netns(who), address, number, kind)
        except ConnectionRefusedError:
            return "rejected"
        except PermissionError:
            # A node's own packet that is dropped on its way out; TCP tries again.
            return "rejected" if self.is_refused else "dropped"
        except socket.timeout:
            return "dropped"

    def follow(self, who, f, address, port, backends):
        """Connections get to backends that were named, and each sees what was said."""
        c = self.cluster
        everyone = c.pods() + ["n%d" % n for n in c.nodes]
        names = {c.address(who_, f): who_ for who_ in everyone}
        source = self.source(who, f)
        wanted = {names[a]: masked for (a, _), masked in backends.items()}
        seen = set()
        for _ in range(6 if len(backends) == 1 else 120):
            answer = self.ask(who, address, port)
            if isinstance(answer, str):
                raise Wrong("really %s" % answer)
            name, peer = answer
            if name not in wanted:
                raise Wrong("really answered by %s" % name)
            if wanted[name] and peer not in self.own:
                raise Wrong("%s really saw %s" % (name, peer))
            if not wanted[name] and peer != source:
                raise Wrong("%s really saw %s, not %s" % (name, peer, source))
            seen.add(name)
            if seen == set(wanted) and len(wanted) > 1:
                return
        if seen != set(wanted):
            raise Wrong("never got to %s" % (set(wanted) - seen))

    def flow(self, who, f, address, port, outcome, n_backends=None, said=None):
        what = "%s to %s %s" % (who, address, port)
        self.count += 1
        status, got, backends, text = explain(
            self.cluster, self.proxy, self.source(who, f), address, port, "--verify"
        )
        self.outcomes.add(got)
        try:
            if got != outcome:
                raise Wrong("%s, not %s" % (got, outcome))
            # A pod that is told by its link cannot be traced; real connections tell.
            by_link = "in pod-interfaces" in text and text.endswith("no, the link differs\n")
            if not by_link and (status or not text.endswith("verified: yes\n")):
                raise Wrong("not verified")
            if said and not re.search(said, text):
                raise Wrong('does not say "%s"' % said)
            if n_backends is not None and len(backends) != n_backends:
                raise Wrong("%d backends" % len(backends))
            self.is_refused = got == "rejected"
            if got == "translated":
                self.follow(who, f, address, port, backends)
            elif got == "rejected":
                answer = self.ask(who, address, port)
                if answer != got:
                    raise Wrong("really %s" % (answer,))
            elif got == "dropped":
                self.checks.dropped(who, address, *self.kind_of(port))
                if self.checks.failures:
                    raise Wrong("really %s" % self.checks.failures.pop())
        except Wrong as e:
            self.failures.append("%s: %s\n%s" % (what, e, text))

    def plain(self, f):
        c = self.cluster
        web, none, outer = c.service("web"), c.service("none"), c.service("outer")
        node = c.node_address(1, f)
        for who in "client-1", "n1", "out":
            if who != "out":
                self.flow(who, f, c.cluster_ip(c.service("inner"), f), "80", "translated", 1)
                self.flow(who, f, c.cluster_ip(c.service("host"), f), "80", "translated", 1)
            self.flow(who, f, c.cluster_ip(web, f), "80", "translated", 3, "is in services ->")
            self.flow(who, f, c.cluster_ip(web, f), "53/udp", "translated", 3)
            self.flow(who, f, node, "30080", "translated", 3, "is in node-ports ->")
            self.flow(who, f, c.external_ip(web, f), "80", "translated", 3)
            self.flow(who, f, c.cluster_ip(none, f), "80", "rejected", 0, "no endpoints")
            self.flow(who, f, c.cluster_ip(none, f), "53/udp", "rejected", 0)
            self.flow(who, f, c.cluster_ip(web, f), "81", "rejected", 0, "no such port")
            nobody = "10.96.99.99" if f == 4 else "fd00:96::9999"
            self.flow(who, f, nobody, "80", "dropped", 0, "no service has this address")
            local = 1 if who == "out" else 2
            self.flow(who, f, c.balancer_ip(outer, f), "80", "translated", local)
            self.flow(who, f, node, "30084", "translated", local)
        self.flow("out", f, node, str(model.HOST_PORT), "untouched", 0, "not a service")
        self.flow("client-1", f, c.pod_address("web-2", f), "8080", "untouched", 0)
        self.flow("web-1", f, c.cluster_ip(c.service("one"), f), "80", "translated", 1, "hairpin")
        guarded = c.balancer_ip(c.service("guarded"), f)
        self.flow("out", f, guarded, "80", "translated", 3, "in one of its source-ranges")
        self.flow("client-1", f, guarded, "80", "dropped", 0, "in none of its source-ranges")

    def balanced(self, f):
        """By its hash a client has one backend; affinity tells which it has had."""
        c = self.cluster
        for who in "client-1", "client-2", "n1", "out":
            if who == "client-2":
                continue
            for name in "hashed", "maglev":
                ip = c.cluster_ip(c.service(name), f)
                self.flow(who, f, ip, "80", "translated", 1, "by its hash")
            self.flow(who, f, c.cluster_ip(c.service("turns"), f), "80", "translated", 3,
                      "one after the other")
            self.flow(who, f, c.cluster_ip(c.service("heavy"), f), "80", "translated", 3,
                      "one of 5 slots")
            self.sticky(who, f)

    def sticky(self, who, f):
        c = self.cluster
        service = c.service("sticky")
        address = c.cluster_ip(service, f)
        source = self.source(who, f)
        _, _, backends, text = explain(c, self.proxy, source, address, "80", "--verify")
        _, _, again, _ = explain(c, self.proxy, source, address, "80")
        if len(backends) != 3 or len(again) != 3 or "is not in affinity" not in text:
            self.failures.append("%s: a trace is remembered\n%s" % (who, text))
        self.ask(who, address, "80")
        self.flow(who, f, address, "80", "translated", 1, "is in affinity -> ")
        self.flow(who, f, c.node_address(1, f), "%d" % (30000 + service.number), "translated", 1)
        near = c.balancer_ip(c.service("nearby"), f)
        self.ask(who, near, "80")
        self.flow(who, f, near, "80", "translated", 1, "is in affinity -> ")

    def run(self):
        for f in self.cluster.families:
            self.plain(f)
            self.balanced(f)
        missing = {"translated", "rejected", "dropped", "untouched"} - self.outcomes
        if missing:
            self.failures.append("no flow is %s" % missing)
        for line in self.failures:
            print("not ok explain: " + line)
        if not self.failures:
            print("ok explain: %d flows, verified, and as real connections go" % self.count)
        return bool(self.failures)


# --- what a trace leaves behind --------------------------------------------------------


def run_in(cluster, *command):
    netns = ["ip", "netns", "exec", cluster.netns("n1")]
    return subprocess.run(netns + list(command), capture_output=True, text=True, check=True).stdout


def without_time(text):
    """The ruleset but for counters and what is left of timeouts."""
    text = re.sub(r"expires \w+", "expires", text)
    return re.sub(r"packets \d+ bytes \d+", "", text)


def expiry(cluster, address):
    """Milliseconds that an element of affinity has left."""
    listed = run_in(cluster, "nft", "list", "map", "ip", "k8snet", "affinity")
    found = re.search(re.escape(address) + r" .*?expires ((?:\d+m)?)((?:\d+s)?)(?:(\d+)ms)?", listed)
    if not found:
        return None
    minutes, seconds, ms = (re.sub(r"\D", "", x or "") or "0" for x in found.groups())
    return int(minutes) * 60000 + int(seconds) * 1000 + int(ms)


def traces(cluster, proxy):
    c, failures = cluster, []
    table = Table(cluster, proxy)
    sticky = c.cluster_ip(c.service("sticky"), 4)
    source = c.pod_address("client-1", 4)

    def look():
        return (
            without_time(run_in(c, "nft", "-a", "list", "ruleset")),
            run_in(c, "ip", "-br", "link"),
            run_in(c, "ip", "route", "show", "table", "all"),
            [l for l in run_in(c, "conntrack", "-L").splitlines() if "10.77.7." in l],
        )

    # Witnesses: pods and the world outside count what comes of a source that nobody has.
    watched = [c.netns(who) for who in c.pods()] + [c.netns("out")]
    for netns in watched:
        rules = "add table ip w; add chain ip w c { type filter hook prerouting priority -500; };"
        rules += "add rule ip w c ip saddr 10.77.7.0/24 counter;"
        rules += "add rule ip w c ip daddr 10.77.7.0/24 counter"
        subprocess.run(["ip", "netns", "exec", netns, "nft", rules], check=True)
    table.ask("client-1", sticky, "80")
    left = expiry(c, source)
    before = look()
    explain(c, proxy, source, sticky, "80", "--verify")
    for n, (address, port) in enumerate(
        [(c.cluster_ip(c.service("web"), 4), "80"), (c.cluster_ip(c.service("web"), 4), "53/udp"),
         (c.cluster_ip(c.service("web"), 4), "90/sctp"), (c.cluster_ip(c.service("none"), 4), "80"),
         (c.cluster_ip(c.service("none"), 4), "53/udp"), (c.outside_address(4), "80"),
         (c.pod_address("web-1", 4), "8080"), (sticky, "80")]
    ):
        status, outcome, _, text = explain(c, proxy, "10.77.7.%d" % n, address, port, "--verify")
        if status or not outcome:
            failures.append("10.77.7.%d to %s %s:\n%s" % (n, address, port, text))
    after = look()
    for name, one, two in zip(("ruleset", "links", "routes", "connections"), before, after):
        if one != two:
            failures.append("%s differ:\n%s\n%s" % (name, one, two))
    now = expiry(c, source)
    if left is None or now is None or now > left:
        failures.append("affinity: %s ms were left, now it is %s" % (left, now))
    for netns in watched:
        done = subprocess.run(["ip", "netns", "exec", netns, "nft", "list", "table", "ip", "w"],
                              capture_output=True, text=True, check=True)
        if re.search(r"packets [1-9]", done.stdout):
            failures.append("%s got a packet:\n%s" % (netns, done.stdout))
    print("\n".join("not ok traces: " + f for f in failures) or "ok traces: nothing is left, nothing leaves")
    return bool(failures)


def differs(cluster, proxy, what, source, address, port):
    status, _, _, text = explain(cluster, proxy, source, address, port, "--verify")
    if status == 1 and text.endswith("verified: no, the %s differs\n" % what):
        print("ok %s to %s %s: the %s differs" % (source, address, port, what))
        return False
    print("not ok %s to %s %s: the %s should differ\n%s" % (source, address, port, what, text))
    return True


def main():
    what, prefix, family, where = sys.argv[1:5]
    cluster = model.Cluster(prefix, family)
    add_services(cluster)
    if what == "objects":
        return objects(cluster, where)
    if what == "check":
        return Table(cluster, where).run()
    if what == "traces":
        return traces(cluster, where)
    return differs(cluster, where, *sys.argv[5:])


if __name__ == "__main__":
    sys.exit(main())
