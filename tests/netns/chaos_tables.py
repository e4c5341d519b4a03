# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two rulesets, as nft lists them, compared by what they mean: handles do not count, nor
in which slot of a frontend a backend is, nor by which numbers session affinity knows
service ports and endpoints, nor what it has learnt."""
import json

MAGLEV = 1021  # slots from which on the place of a backend counts


def text(value):
    return json.dumps(value, sort_keys=True)


def key_and_data(element):
    """Of an element of a set or map."""
    if isinstance(element, list):
        return element[0], element[1]
    return element, None


def parts(key):
    return key["concat"] if isinstance(key, dict) and "concat" in key else [key]


def has_slots(name):
    return name == "affinity-slots" or (
        name.endswith(("endpoints-tcp", "endpoints-udp", "endpoints-sctp"))
        and not name.startswith("affinity")
    )


class Numbers:
    """What numbers of session affinity stand for, in one table: S:0 for the frontends that
    have it, S:E for a backend. S with the bit 0x8000: the same with backends on this node."""

    def __init__(self, maps):
        self.groups, self.backends = {}, {}
        for name, elements in maps.items():
            for key, data in map(key_and_data, elements):
                if name in ("affinity-services", "affinity-node-ports"):
                    frontend = "%s %s" % (name, text(parts(key)))
                    self.groups.setdefault(self.group(data), []).append(frontend)
                elif name.startswith("affinity-endpoints-"):
                    self.backends[key] = text(data)

    def group(self, number):
        return int(number.split(":")[0], 16) & 0x7FFF

    def name(self, number):
        if not isinstance(number, str) or ":" not in number:
            return number
        is_local = int(number.split(":")[0], 16) & 0x8000
        frontends = sorted(self.groups.get(self.group(number), ["nobody's"]))
        # An address that has policy Local has the bit, others of its group have not.
        backend = "" if number.endswith(":0") else self.backends.get(number, "no backend")
        return "%s%s %s" % ("local " if is_local else "", frontends[0], backend)


def is_number(name, position):
    """Whether keys (0) or data (1) of a map begin with a number of session affinity."""
    if name in ("affinity-services", "affinity-node-ports"):
        return position == 1
    return name == "affinity-slots" or (name.startswith("affinity-endpoints-") and position == 0)


def meaning(name, elements, numbers):
    """Lines for the elements of a set or map."""
    counts = {}
    for element in elements:
        if has_slots(name):
            frontend = text(parts(key_and_data(element)[0])[:-1])
            counts[frontend] = counts.get(frontend, 0) + 1
    for key, data in map(key_and_data, elements):
        key = parts(key)
        if has_slots(name) and counts[text(key[:-1])] < MAGLEV:
            key = key[:-1]
        if is_number(name, 0):
            key = [numbers.name(key[0])] + key[1:]
        if is_number(name, 1):
            data = numbers.name(data)
        yield "%s : %s" % (text(key), text(data))


def gaps(name, elements):
    """Slots of each frontend are numbered from 0 without gaps; else a line says so."""
    seen = {}
    for element in elements:
        key = parts(key_and_data(element)[0])
        seen.setdefault(text(key[:-1]), []).append(key[-1])
    for frontend, numbers in seen.items():
        if sorted(numbers) != list(range(len(numbers))):
            yield "%s: slots %s of %s" % (name, sorted(numbers), frontend)


class Ruleset:
    """`listed`: by nft -j; `rules`: by nft -st. JSON of nft 1.0.6 lacks what affinity does."""

    def __init__(self, listed, rules):
        self.lines, self.bodies, self.elements, self.gaps = {}, [], {}, []
        for item in listed:
            (kind, body), = item.items()
            if kind in ("set", "map"):
                self.add_set(kind, dict(body))
            elif kind != "metainfo":
                self.add_table(kind, body)
        self.add_elements()
        self.add_rules(rules)

    def add(self, line):
        self.lines[line] = self.lines.get(line, 0) + 1

    def add_table(self, kind, body):
        if kind == "table":
            self.add("table %s %s" % (body["family"], body["name"]))

    def add_set(self, kind, body):
        body.pop("handle")
        elements = body.pop("elem", [])
        self.add("%s %s" % (kind, text(body)))
        if body["name"] != "affinity":
            table = "%s %s" % (body["family"], body["table"])
            self.elements.setdefault(table, {})[body["name"]] = elements

    def add_elements(self):
        for table, maps in self.elements.items():
            numbers = Numbers(maps)
            for name, elements in maps.items():
                for line in meaning(name, elements, numbers):
                    self.add("%s %s %s" % (table, name, line))
                if has_slots(name):
                    self.gaps += gaps(name, elements)

    def add_rules(self, rules):
        """Of a chain those in their order; whichever chain comes first."""
        table = chain = None
        for line in rules.splitlines():
            words = line.split()
            if line.startswith("table "):
                table = " ".join(words[1:3])
            elif words[:1] == ["chain"]:
                chain, number = words[1], 0
                self.add("%s chain %s" % (table, chain))
            elif line == "\t}":
                chain = None
            elif chain and words:
                number += 1
                self.add("%s chain %s rule %d: %s" % (table, chain, number, line.strip()))

    def count_elements(self):
        return sum(len(e) for maps in self.elements.values() for e in maps.values())


def differences(is_, should):
    """Lines that tell what differs between two Rulesets; none if they mean the same."""
    found = []
    for line in sorted(set(is_.lines) | set(should.lines)):
        a, b = is_.lines.get(line, 0), should.lines.get(line, 0)
        if a != b:
            found.append("%d times, and anew %d: %s" % (a, b, line))
    return found + is_.gaps
