#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each load balancing policy, seen by clients; run by balancing.sh."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from services import UDP, World, spread  # noqa: E402

WEBS = ["web-1", "web-2", "web-3"]


def is_near(count, n, share):
    """Within 6 standard deviations."""
    return abs(count - n * share) <= 6 * (n * share * (1 - share)) ** 0.5


def expect_shares(w, what, names, shares):
    counts = spread(names)
    good = set(counts) <= set(shares)
    good = good and all(is_near(counts.get(b, 0), len(names), s) for b, s in shares.items())
    w.check("%s: %s" % (what, counts), good, "not as %s" % shares)


def expect_turns(w, what, names):
    """One after the other: any three are the next three."""
    turns = all(names[i] == names[i % 3] for i in range(len(names)))
    w.check(what, turns and len(set(names[:3])) == 3 and set(names) == set(WEBS), names)


def vips(w, f):
    c, web = w.cluster, w.cluster.service("web")
    return c.cluster_ip(web, f), c.external_ip(web, f), c.node_address(1, f)


def random(w):
    w.service("web", "random")
    w.apply()
    for f in w.families:
        names = [w.ask("client-1", vips(w, f)[0], 80) for _ in range(900)]
        expect_shares(w, "random, IPv%d" % f, names, {b: 1 / 3 for b in WEBS})


def round_robin(w):
    w.service("web", "round-robin")
    w.apply()
    for f in w.families:
        ip, external, node = vips(w, f)
        expect_turns(w, "round robin, TCP, IPv%d" % f, [w.ask("client-1", ip, 80) for _ in range(30)])
        expect_turns(w, "UDP, IPv%d" % f, [w.ask("client-1", ip, 53, UDP) for _ in range(30)])
        both = [w.ask(who, ip, 80) for _ in range(15) for who in ("client-1", "n1")]
        expect_turns(w, "a pod and the node in turns, IPv%d" % f, both)
        port = [w.ask("out", node, 30080) for _ in range(30)]
        expect_turns(w, "node port, from outside, IPv%d" % f, port)
        # Another address counts for itself.
        mixed = [(w.ask("client-1", ip, 80), w.ask("out", external, 80)) for _ in range(15)]
        expect_turns(w, "cluster IP beside external IP, IPv%d" % f, [m[0] for m in mixed])
        expect_turns(w, "external IP beside cluster IP, IPv%d" % f, [m[1] for m in mixed])


def local_round_robin(w):
    """Policy Local: those on this node, one here; pods have all, in turns."""
    w.service("web", "round-robin", externalTrafficPolicy="Local")
    w.apply()
    for f in w.families:
        _, external, node = vips(w, f)
        outside = {w.ask("out", external, 80) for _ in range(6)}
        outside |= {w.ask("out", node, 30080) for _ in range(6)}
        w.check("round robin, Local, from outside, IPv%d" % f, outside == {"web-1"}, outside)
        inside = [w.ask("client-1", external, 80) for _ in range(15)]
        expect_turns(w, "round robin, Local, from a pod, IPv%d" % f, inside)


def source_hash(w):
    w.service("web", "source-hash")
    w.apply()
    w.apply(node=2)
    for f in w.families:
        ip, external, node = vips(w, f)
        chosen = {a: w.ask("client-1", ip, 80, source=a) for a in w.pod_clients[f]}
        w.check("source hash: all have clients, IPv%d" % f, set(chosen.values()) == set(WEBS), chosen)
        again = {a: w.ask("client-1", external, 80, source=a) for a in chosen}
        w.check("the same by another address, IPv%d" % f, again == chosen, (again, chosen))
        again = {a: w.ask("client-1", ip, 53, UDP, source=a) for a in chosen}
        w.check("the same by UDP, IPv%d" % f, again == chosen, (again, chosen))
        chosen = {a: w.ask("out", node, 30080, source=a) for a in w.outside_clients[f]}
        other = w.cluster.node_address(2, f)
        again = {a: w.ask("out", other, 30080, source=a) for a in chosen}
        w.check("the same by another node, IPv%d" % f, again == chosen, (again, chosen))


def source_hash_history(w):
    """What was there before does not matter."""
    w.backends("web", ["web-3", "web-1"])
    w.apply(node=2)
    w.backends("web", ["web-2", "web-3", "web-1"])
    w.apply(node=2)
    for f in w.families:
        ways = w.cluster.node_address(1, f), w.cluster.node_address(2, f)
        one, two = [[w.ask("out", ip, 30080, source=a) for a in w.outside_clients[f]] for ip in ways]
        w.check("by a node with another history, IPv%d" % f, one == two, (one, two))
    w.backends("web")


def consistent_hash(w):
    w.service("web", "consistent-hash")
    w.apply()
    before = {}
    for f in w.families:
        ip = vips(w, f)[0]
        before[f] = {a: w.ask("client-1", ip, 80, source=a) for a in w.pod_clients[f]}
        expect_shares(w, "consistent hash, IPv%d" % f, list(before[f].values()), {b: 1 / 3 for b in WEBS})
    w.backends("web", ["web-1", "web-2"])
    w.apply()
    for f in w.families:
        ip = vips(w, f)[0]
        after = {a: w.ask("client-1", ip, 80, source=a) for a in before[f]}
        stay = [a for a in after if before[f][a] != "web-3"]
        moved = [a for a in stay if after[a] != before[f][a]]
        what = "a backend less: %d of %d move that were not its own, IPv%d" % (len(moved), len(stay), f)
        w.check(what, len(moved) <= len(stay) / 10 and "web-3" not in after.values(), after)
    w.backends("web")
    w.apply()
    for f in w.families:
        ip = vips(w, f)[0]
        again = {a: w.ask("client-1", ip, 80, source=a) for a in before[f]}
        w.check("it comes back, as do its clients, IPv%d" % f, again == before[f])


def weighted(w):
    w.service("web", "weighted")
    w.backends("web", weights={"web-1": 12, "web-2": 6, "web-3": 2})
    w.apply()
    for f in w.families:
        names = [w.ask("client-1", vips(w, f)[0], 80) for _ in range(1000)]
        expect_shares(w, "weighted 6:3:1, IPv%d" % f, names, {"web-1": 0.6, "web-2": 0.3, "web-3": 0.1})
    w.backends("web")


def flows_to_all(w):
    """Connections to each backend, in each way and family."""
    held = []
    for f in w.families:
        ip, external, node = vips(w, f)
        for only in WEBS:
            held.append(w.hold("client-1", ip, 80, only=only))
            held.append(w.hold("client-1", ip, 53, UDP, only=only))
            held.append(w.hold("n1", ip, 80, only=only))
            held.append(w.hold("out", external, 80, only=only))
            held.append(w.hold("out", node, 30080, only=only))
            held.append(w.hold("out", node, 30053, UDP, only=only))
    return held


def drain(w):
    w.service("web", "random")
    w.apply()
    held = flows_to_all(w)
    for policy in "random", "round-robin", "source-hash", "consistent-hash", "weighted":
        w.service("web", policy)
        w.backends("web", weights={"web-3": 0})
        w.apply()
        names = {w.ask("client-1", vips(w, f)[0], 80) for f in w.families for _ in range(30)}
        names |= {w.ask("client-1", vips(w, f)[0], 80, source=a) for f in w.families for a in w.pod_clients[f][:30]}
        w.check("drained, %s: nothing new" % policy, "web-3" not in names and "silence" not in names, names)
        w.check("drained, %s: what is established goes on" % policy, all(map(w.is_alive, held)))
    w.backends("web", weights={b: 0 for b in WEBS})
    w.apply()
    names = {w.ask("client-1", vips(w, f)[0], 80) for f in w.families}
    w.check("all drained: refused", names == {"refused"}, names)
    w.check("all drained: what is established goes on", all(map(w.is_alive, held)))
    w.backends("web")
    w.apply()
    w.check("no longer drained: what is established goes on", all(map(w.is_alive, held)))
    # Not drained, but gone: its datagrams go elsewhere, and that is noticed.
    return held


def changes(w, held):
    """Policies, affinity and the number of backends change under connections."""
    steps = [("round-robin", None), ("round-robin", 60), ("consistent-hash", 60), ("source-hash", None)]
    steps += [("weighted", 10800), (None, 30), ("consistent-hash", None), ("random", None)]
    for policy, affinity in steps:
        for local in "Cluster", "Local":
            w.service("web", policy, affinity, externalTrafficPolicy=local)
            w.apply()
            alive = sum(map(w.is_alive, held))
            what = "to %s, affinity %s, %s: %d connections" % (policy, affinity, local, alive)
            w.check(what, alive == len(held), "of %d" % len(held))
        w.apply(node=2)  # one more process in between
    own = "round-robin" in w.nft("list", "ruleset")
    w.check("chains of round robin have gone with their policy", not own)
    for s in held:
        s.close()


def priorities(w):
    """Chains hand numbers to each other in the packet's priority: one that an application
    has set leads nowhere, and none is left on a packet that is translated and sent."""
    w.service("web", "random")
    w.service("one", affinity=60)
    w.apply()
    c = w.cluster
    for f in w.families:
        plain = c.pod_address("web-2", f)
        number = int(c.service("one").number)
        unknown = ("10.96.9.%d" if f == 4 else "fd00:96::9:%d") % number
        for priority in 0x80010003, 0x80FF0000, 0x40000001, 0x10003:
            for who in "n1", "client-1":
                name = w.ask(who, plain, 8080, priority=priority)
                w.check("%s with priority %x reaches a pod, IPv%d" % (who, priority, f), name == "web-2", name)
                for kind, port in ((None, 80), (UDP, 53)):
                    kinds = (kind,) if kind else ()
                    name = w.ask(who, unknown, port, *kinds, priority=priority)
                    w.check("%s with it reaches no service, IPv%d" % (who, f), name in ("refused", "silence"), name)
                name = w.ask(who, vips(w, f)[0], 80, priority=priority)
                w.check("%s with it reaches a service, IPv%d" % (who, f), name in WEBS, name)
    w.nft(
        "add table inet probe;"
        "add chain inet probe out { type filter hook postrouting priority 300; };"
        "add rule inet probe out ct status dnat meta priority >= 4000:0 counter;"
    )
    for f in w.families:
        for name in "one", "web":
            ip = c.cluster_ip(c.service(name), f)
            for who in "n1", "client-1", "out":
                for _ in range(4):
                    w.ask(who, ip, 80)
    text = w.nft("list", "chain", "inet", "probe", "out")
    w.check("no number is left on packets", "packets 0 " in text, text)
    w.nft("delete", "table", "inet", "probe")


def main():
    w = World(sys.argv)
    w.pod_clients = {f: w.add_clients("client-1", f, 150) for f in w.families}
    w.outside_clients = {f: w.add_clients("out", f, 40) for f in w.families}
    random(w)
    round_robin(w)
    local_round_robin(w)
    source_hash(w)
    source_hash_history(w)
    consistent_hash(w)
    weighted(w)
    priorities(w)
    changes(w, drain(w))
    w.finish()


if __name__ == "__main__":
    main()
