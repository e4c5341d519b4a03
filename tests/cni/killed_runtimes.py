# SPDX-License-Identifier: LGPL-2.1-or-later
"""Eight threads call ADD and DEL; a call may be killed at any moment.

    killed_runtimes.py DIRECTORY HOST-NETNS PREFIX KILLS

DIRECTORY/bin has the plugins. A container whose ADD returned has its address for itself
until its DEL returned; so has one that the runtime forgot. At the end, after GC, nothing may be left.
"""
import json
import os
import random
import subprocess
import sys
import threading
import time

directory, host, prefix, kills = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
data = os.path.join(directory, "data")
CONFIG = {
    "cniVersion": "1.1.0", "name": "killnet", "type": "bridge", "bridge": "br0",
    "isGateway": True, "ipMasq": True, "macspoofchk": True,
    "ipam": {"type": "host-local", "dataDir": data,
             "ranges": [[{"subnet": "10.9.0.0/22"}], [{"subnet": "fd09::/64"}]]},
}
lock = threading.Lock()
owners = {}  # address -> container, of ADDs that returned
killed = calls = failed = 0
problems = []


def call(command, container, netns, config, deadline=None):
    """Returns (status, output); status None: killed."""
    environment = {
        "CNI_COMMAND": command, "CNI_CONTAINERID": container, "CNI_IFNAME": "eth0",
        "CNI_NETNS": netns, "CNI_PATH": directory + "/bin", "PATH": os.environ["PATH"],
    }
    process = subprocess.Popen(
        ["nsenter", "--net=" + host, directory + "/bin/bridge"], env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdin.write(json.dumps(config).encode())
    process.stdin.close()
    if deadline is not None:
        time.sleep(deadline)
        process.kill()
    output = process.stdout.read()
    status = process.wait()
    return (None if status < 0 else status), output


def problem(text):
    with lock:
        problems.append(text)


def take(container, result):
    for ip in result["ips"]:
        with lock:
            other = owners.setdefault(ip["address"], container)
        if other != container:
            problem(f"{ip['address']} was given to {other} and to {container}")


def give_back(container):
    with lock:
        for address in [a for a, c in owners.items() if c == container]:
            del owners[address]


def one_round(rng, container, netns):
    global killed, calls, failed
    status, output = call("ADD", container, netns, CONFIG,
                          rng.uniform(0, 0.012) if rng.random() < 0.7 else None)
    with lock:
        calls += 1
        killed += status is None
    if status == 0:
        take(container, json.loads(output))
    elif status is not None:
        with lock:
            failed += 1
        problem(f"ADD {container}: {output.decode()}")
    # Whether or not it was killed: a runtime that lost it calls DEL.
    while True:
        config = dict(CONFIG)
        if status == 0 and rng.random() < 0.5:
            config["prevResult"] = json.loads(output)
        deleted, text = call("DEL", container, netns, config,
                             rng.uniform(0, 0.012) if rng.random() < 0.5 else None)
        with lock:
            calls += 1
            killed += deleted is None
        if deleted == 0:
            give_back(container)
            return
        if deleted is not None:
            problem(f"DEL {container}: {text.decode()}")
            return
        # Sometimes the runtime forgets it, too: that is left to GC.
        if rng.random() < 0.3:
            unplug(netns)
            return


def unplug(netns):
    """The link in the container makes room for the next one."""
    subprocess.run(["nsenter", "--net=" + netns, "ip", "link", "del", "eth0"],
                   stderr=subprocess.DEVNULL, check=False)


def work(number):
    rng = random.Random(number)
    netns = f"/run/netns/{prefix}c{number}"
    serial = 0
    while killed < kills and not problems:
        serial += 1
        one_round(rng, f"w{number}-{serial}", netns)


def gc(valid):
    config = dict(CONFIG)
    config["cni.dev/valid-attachments"] = valid
    return call("GC", "", "", config)


threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
status, output = gc([])
if status != 0:
    problem(f"GC: {output.decode()}")


def run(*command):
    return subprocess.run(["nsenter", "--net=" + host, *command], capture_output=True,
                          text=True, check=False).stdout


leases = [f for f in os.listdir(data + "/killnet")
          if not f.startswith(("last_", "lock", ".owners"))]
index = [f for f in os.listdir(data + "/killnet/.owners") if ":" in f]
links = [line for line in run("ip", "-o", "link").splitlines() if "veth" in line]
rules = [line.strip() for line in run("nft", "list", "ruleset").splitlines()
         if "comment" in line or "chain masquerade-1" in line or "chain masquerade-f" in line]
for what, left in (("leases", leases), ("index", index), ("links", links), ("rules", rules)):
    if left:
        problem(f"GC left {what}: {left[:3]}")
for text in problems[:10]:
    print("#", text)
print(f"# {calls} calls, {killed} killed, {failed} failed")
print("ok" if killed >= kills else "not ok", f"{killed} were killed")
print("not ok" if problems else "ok", "no address twice; GC left nothing")
sys.exit(bool(problems))
