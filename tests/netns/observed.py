#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the namespaces of a cluster's nodes and pods hold, as ip(8), bridge(8)
and nft(8) show it, without what may differ between two that are the same.

    observed.py PREFIX [NAME ...]
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import NETNS, Inside  # noqa: E402

# Numbers that the kernel gave out, states of a moment, counters, timers.
VOLATILE = {
    "ifindex", "link_index", "link_netnsid", "link", "stats", "stats64", "operstate", "flags",
    "valid_life_time", "preferred_life_time", "tentative", "expires", "cacheinfo", "bridge_id",
    "root_id", "updated", "used", "confirmed", "probes", "linkdown", "topology_change",
    "designated_bridge", "designated_root",
}  # fmt: skip
SYSCTLS = {
    "ipv4": ("forwarding", "rp_filter", "proxy_arp", "accept_local", "route_localnet"),
    "ipv6": ("forwarding", "accept_dad", "disable_ipv6", "addr_gen_mode", "proxy_ndp", "accept_ra"),
}


def run(netns, *command):
    return subprocess.run(
        ["ip", "netns", "exec", netns, *command], capture_output=True, text=True, check=True
    ).stdout


def run_json(netns, *command):
    text = run(netns, *command)
    return json.loads(text) if text.strip() else []


def stable(value):
    if isinstance(value, dict):
        return {k: stable(v) for k, v in value.items() if k not in VOLATILE and "timer" not in k}
    if isinstance(value, list):
        return [stable(v) for v in value]
    return value


def is_port(name):
    return name.startswith("veth")


def links(netns):
    for link in run_json(netns, "ip", "-j", "-d", "address"):
        kept = stable(link)
        kept["up"] = "UP" in link["flags"]
        # A bridge's port has a MAC address by chance; ends of veths are told apart.
        if is_port(link["ifname"]) and "master" in link:
            del kept["address"]
        kept["addr_info"] = sorted(kept.get("addr_info", []), key=json.dumps)
        yield kept


def routes(netns):
    for family in "-4", "-6":
        for route in run_json(netns, "ip", "-j", "-d", family, "route", "show", "table", "all"):
            flags = [f for f in route.get("flags", []) if f != "linkdown"]
            yield dict(stable(route), family=family, flags=flags)


def neighbours(netns):
    for family in "-4", "-6":
        yield from run_json(netns, "ip", "-j", family, "neigh", "show", "nud", "permanent")


def entries(netns):
    for entry in run_json(netns, "bridge", "-j", "fdb", "show"):
        # Multicast groups are joined when the kernel gets to it.
        is_group = int(entry["mac"][:2], 16) & 1 and "dst" not in entry
        is_learnt = entry.get("state") != "permanent" and "dst" not in entry
        if not is_learnt and not is_group and not is_port(entry["ifname"]):
            yield stable(entry)


def sysctls(netns):
    with Inside(netns):
        for family, names in SYSCTLS.items():
            root = "/proc/sys/net/%s/conf" % family
            for link in sorted(os.listdir(root)):
                values = {}
                for name in names:
                    with open("%s/%s/%s" % (root, link, name)) as file:
                        values[name] = file.read().strip()
                yield dict(values, sysctls="%s %s" % (family, link))


def observe(prefix, name):
    netns = "%s-%s" % (prefix, name)
    for what in links, routes, neighbours, entries, sysctls:
        lines = [json.dumps(item, sort_keys=True) for item in what(netns)]
        for line in sorted(lines):
            print("%s: %s: %s" % (name, what.__name__, line.replace(prefix, "PREFIX")))
    for line in run(netns, "nft", "list", "ruleset").splitlines():
        print("%s: nft: %s" % (name, line))


def main():
    prefix = sys.argv[1]
    names = sys.argv[2:] or sorted(
        n[len(prefix) + 1 :] for n in os.listdir(NETNS) if n.startswith(prefix + "-")
    )
    for name in names:
        if name != "out":
            observe(prefix, name)


if __name__ == "__main__":
    main()
