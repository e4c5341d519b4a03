#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two builds of one benchmark, run in turns: how the newer one's rows compare with the older one's.

    tests/bench/compare_builds.py [-r ROUNDS] OLDER NEWER PROGRAM [ARGUMENT...]

OLDER and NEWER are build directories with PROGRAM in both ("tests/bench/bench_services"). Of each
row the medians over all rounds are printed, and the ratio twice: of the times, and of what each
build took in the same run over its floor, which is not the build's to change.
"""
import argparse
import collections
import os
import re
import statistics
import subprocess
import sys

ROW = re.compile(r"^(?P<name>\S.*?)\s+(?P<ours>[0-9.]+) ms\s+(?P<other>[0-9.]+) ms\s+[0-9.]+x")
TITLE = re.compile(r"^\d+ services of \d+ endpoints.*$")


def rows_of(build, program, arguments):
    """Of one run: {(title, name): (ours, floor)} in ms, in order."""
    environment = dict(os.environ, top_srcdir=os.environ.get("top_srcdir", "."))
    output = subprocess.run([os.path.join(build, program), *arguments], check=True, text=True,
                            stdout=subprocess.PIPE, env=environment).stdout
    title, rows = "", collections.OrderedDict()
    for line in output.splitlines():
        match = ROW.match(line)
        if TITLE.match(line):
            title = line
        elif match:
            rows[title, match["name"]] = float(match["ours"]), float(match["other"])
    if not rows:
        sys.exit(f"{build}/{program}: no rows in what it printed")
    return rows


def collect(builds, rounds, program, arguments):
    """For each build {row: [(ours, floor), ...]}; which one goes first changes."""
    samples = [collections.OrderedDict() for _ in builds]
    for turn in range(rounds):
        for i in (0, 1) if turn % 2 == 0 else (1, 0):
            for row, times in rows_of(builds[i], program, arguments).items():
                samples[i].setdefault(row, []).append(times)
    return samples


def print_rows(older, newer):
    """A line a row that both have, and what only one of them has."""
    last = None
    for row in newer:
        if row not in older:
            print(f"{row[1]:46} only in the newer build")
            continue
        if row[0] != last:
            last = row[0]
            print(f"\n{last}\n{'':46} {'older ms':>10} {'newer ms':>10} {'ratio':>7} {'over floor':>11}")
        old, new = (statistics.median(t[0] for t in of[row]) for of in (older, newer))
        old_over, new_over = (statistics.median(t[0] / t[1] if t[1] else 0 for t in of[row])
                              for of in (older, newer))
        over = f"{new_over / old_over:10.2f}x" if old_over else f"{'':11}"
        print(f"{row[1]:46} {old:10.3f} {new:10.3f} {new / old if old else 0:6.2f}x {over}")
    for row in older:
        if row not in newer:
            print(f"{row[1]:46} only in the older build")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("older")
    parser.add_argument("newer")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    print_rows(*collect((options.older, options.newer), options.rounds, options.program,
                        options.arguments))


if __name__ == "__main__":
    main()
