# SPDX-License-Identifier: LGPL-2.1-or-later
"""A runtime in the way of libcni: a chain of plugins out of a conflist.

    runtime.py COMMAND CONFLIST CONTAINER NETNS IFNAME [KEY=JSON]...

COMMAND is ADD, DEL, CHECK, STATUS or GC. CNI_PATH is searched for the plugins, unless
PLUGIN_type=DIRECTORY is in the environment. Capabilities are given as KEY=JSON; of
GC, "attachments=[...]". The result is cached in $CNI_CACHE/CONTAINER-IFNAME, which DEL and
CHECK pass on. Prints the result of ADD.
"""
import json
import os
import subprocess
import sys

command, conflist, container, netns, ifname = sys.argv[1:6]
capabilities = {k: json.loads(v) for k, _, v in (a.partition("=") for a in sys.argv[6:])}
network = json.load(open(conflist))
version = network["cniVersion"]
cache = f"{os.environ['CNI_CACHE']}/{container}-{ifname}"
numbers = [int(n) for n in version.split(".")]


def run(plugin, previous):
    config = dict(plugin, name=network["name"], cniVersion=version)
    wanted = config.pop("capabilities", {})
    given = {k: v for k, v in capabilities.items() if wanted.get(k)}
    if given:
        config["runtimeConfig"] = given
    if previous is not None:
        config["prevResult"] = previous
    if command == "GC":
        config["cni.dev/valid-attachments"] = capabilities["attachments"]
    directory = os.environ.get("PLUGIN_" + plugin["type"].replace("-", "_"), os.environ["CNI_PATH"])
    environment = dict(os.environ, CNI_COMMAND=command, CNI_CONTAINERID=container,
                       CNI_NETNS=netns, CNI_IFNAME=ifname)
    done = subprocess.run([os.path.join(directory, plugin["type"])], env=environment,
                          input=json.dumps(config), capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{plugin['type']} {command}: {done.stdout} {done.stderr}", file=sys.stderr)
    return done.returncode, done.stdout


def add():
    previous = None
    for plugin in network["plugins"]:
        status, output = run(plugin, previous)
        if status:
            return status
        previous = json.loads(output)
    with open(cache, "w") as file:
        json.dump(previous, file)
    print(json.dumps(previous))
    return 0


def delete():
    previous = None
    if os.path.exists(cache) and numbers >= [0, 4, 0]:
        previous = json.load(open(cache))
    for plugin in reversed(network["plugins"]):
        status, _ = run(plugin, previous)
        if status:
            return status
    if os.path.exists(cache):
        os.unlink(cache)
    return 0


def others():
    previous = json.load(open(cache)) if command == "CHECK" else None
    return max(run(plugin, previous)[0] for plugin in network["plugins"])


sys.exit({"ADD": add, "DEL": delete}.get(command, others)())
