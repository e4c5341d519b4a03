# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two rulesets, as nft -j lists them, compared by what they mean: handles do not count,
nor in which slot of a frontend a backend is."""
import json


def text(value):
    return json.dumps(value, sort_keys=True)


def key_and_data(element):
    """Of an element of a set or map."""
    if isinstance(element, list):
        return element[0], element[1]
    return element, None


def has_slots(name):
    return name.endswith(("endpoints-tcp", "endpoints-udp", "endpoints-sctp"))


def elements(m):
    """Lines, sorted. Those of slots lose their number, and are as many as before."""
    lines = []
    for element in m.get("elem", ()):
        key, data = key_and_data(element)
        if has_slots(m["name"]):
            key = key["concat"][:-1]
        lines.append("%s : %s" % (text(key), text(data)))
    return sorted(lines)


def slots(m):
    """Those of each frontend are numbered from 0 without gaps; else a line says so."""
    seen = {}
    for element in m.get("elem", ()):
        key = key_and_data(element)[0]["concat"]
        seen.setdefault(text(key[:-1]), []).append(key[-1])
    for frontend, numbers in seen.items():
        if sorted(numbers) != list(range(len(numbers))):
            yield "%s: slots %s of %s" % (m["name"], sorted(numbers), frontend)


def lines(ruleset):
    """What a ruleset means, as a set of lines with how often each is there."""
    out, position = {}, {}

    def add(line):
        out[line] = out.get(line, 0) + 1

    for item in ruleset:
        (kind, body), = item.items()
        if kind == "metainfo":
            continue
        where = "%s %s " % (body["family"], body.get("table", body.get("name")))
        body = {k: v for k, v in body.items() if k != "handle"}
        if kind in ("set", "map"):
            for line in elements(body):
                add(where + body["name"] + " " + line)
            body.pop("elem", None)
        elif kind == "rule":
            chain = where + body["chain"]
            position[chain] = position.get(chain, 0) + 1
            body["position"] = position[chain]
        add(where + kind + " " + text(body))
    return out


def count_elements(ruleset):
    return sum(len(b.get("elem", ())) for item in ruleset for b in item.values())


def differences(is_, should):
    """Lines that tell what differs; none if they mean the same."""
    found = []
    a, b = lines(is_), lines(should)
    for line in sorted(set(a) | set(b)):
        if a.get(line, 0) != b.get(line, 0):
            found.append("%d times, and anew %d: %s" % (a.get(line, 0), b.get(line, 0), line))
    for item in is_:
        m = item.get("map")
        if m and has_slots(m["name"]):
            found += slots(m)
    return found
