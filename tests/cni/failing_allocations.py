# SPDX-License-Identifier: LGPL-2.1-or-later
"""All operations of a plugin, with the 1st, 2nd, ... allocation failing, and all from it on.

    failing_allocations.py DIRECTORY PREFIX TYPE NAME [cold | delegating] <CONFIG

Run in the node's namespace. DIRECTORY/bin has the plugins, DIRECTORY/data their data. The
containers are c1 and c2 of PREFIX; if there is DIRECTORY/prev-c1, TYPE is called in a chain,
with that as prevResult. "cold": the node has none of what the plugin leaves for the next one.
"delegating": without any memory another program cannot be told to undo its part; DEL does.
CNI_ALLOC_ALL: each allocation fails; else every few, and other ones in each operation.
"""
import json
import os
import re
import subprocess
import sys
import zlib

directory, prefix, plugin, name = sys.argv[1:5]
is_cold, is_delegating = "cold" in sys.argv[5:], "delegating" in sys.argv[5:]
config = json.load(sys.stdin)
stride = 1 if os.environ.get("CNI_ALLOC_ALL") or plugin == "loopback" else 6
COMMANDS = f"""
ip -o -batch {directory}/batch; ip -6 -o -batch {directory}/batch; nft -s list ruleset; tc qdisc
nsenter --net=/run/netns/{prefix}c1 sh -c '
cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/conf/eth0/arp_filter
ip -o -batch {directory}/batch; ip -6 -o -batch {directory}/batch'
ip -n {prefix}c2 -o -batch {directory}/batch
conntrack -L -p udp 2>/dev/null | grep -o 'dport=8053 .*src=[^ ]*'
"""
# A client of a port, as if it had come before the port went.
CONNECTION = """conntrack -I -p udp -t 600 -s 127.0.0.1 -d 127.0.0.1 --sport 5555 --dport 8053 \\
	--reply-src 10.9.0.2 --reply-dst 127.0.0.1 --reply-port-src 53 --reply-port-dst 5555
"""
BATCH = """link show
address show
route show
"""
NOISE = re.compile(
    r" state \w+|NO-CARRIER,?|,?LOWER_UP|,M-DOWN| linkdown| tentative| dadfailed|^\d+: |\\|"
    r" link-netnsid \d+| link-netns \S+|(?<=qdisc )(\w+ )[0-9a-f]+:|@if\d+|parent [0-9a-f:]+|"
    r" qlen \d+| mode DEFAULT| handle \d+|pref \d+|fh [0-9a-f:]+|chain 0 ")
MAC = re.compile(r"(?<=link/ether )[0-9a-f:]{17}|[0-9a-f]{2}(:[0-9a-f]{2}){5}")
failures = attempts = 0


def has_chain():
    return os.path.exists(f"{directory}/prev-c1")


def previous(container):
    return json.load(open(f"{directory}/prev-{container}")) if has_chain() else None


def snapshot(with_macs=True):
    """The state of the node and of the containers, as a set of lines."""
    text = subprocess.run(["sh", "-c", COMMANDS], capture_output=True, text=True,
                          check=False).stdout
    lines = {os.path.join(root, file) for root, _, files in os.walk(directory + "/data")
             for file in files if not file.startswith(("lock", "last_"))}
    for line in text.splitlines():
        if "fe80:" in line or "ff00::" in line:
            continue
        line = NOISE.sub("", line)
        if not with_macs or is_cold or line.startswith("ifb"):
            line = MAC.sub("MAC", line)
        # Elements of a set come in any order, some on a line.
        parts = line.strip().removeprefix("elements = {").removesuffix("}").split(", ")
        lines.update(part.strip(" ,\t") for part in parts)
    return lines


def call(command, container, document, fail=None):
    """Returns (status, output, standard error, how many allocations failed)."""
    environment = {
        "CNI_COMMAND": command, "CNI_CONTAINERID": f"{prefix}{container}", "CNI_IFNAME": "eth0",
        "CNI_NETNS": f"/run/netns/{prefix}{container}", "CNI_PATH": directory + "/bin",
        "PATH": os.environ["PATH"]}
    for key in os.environ:
        if key.endswith("SAN_OPTIONS"):
            environment[key] = os.environ[key]
    if config["type"] == "loopback":
        environment["CNI_IFNAME"] = "lo"
    ours, theirs = os.pipe()
    if fail is not None:
        environment.update(K8SNET_FAIL=fail, K8SNET_FAIL_FD=str(theirs))
    done = subprocess.run([f"{directory}/bin/{plugin}"], input=json.dumps(document).encode(),
                          env=environment, capture_output=True, pass_fds=[theirs], check=False)
    os.close(theirs)
    failed = len(os.read(ours, 65536))
    os.close(ours)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(), failed


def document(container, prev):
    made = dict(config)
    if prev is not None:
        made["prevResult"] = prev
    if container == "c2" and "portMappings" in made.get("runtimeConfig", {}):
        # A port of the node is one container's.
        made["runtimeConfig"] = dict(made["runtimeConfig"], portMappings=[])
    return made


def forget_last():
    """That each ADD is given the same address."""
    for root, _, files in os.walk(directory + "/data"):
        for file in files:
            if file.startswith("last_"):
                os.unlink(os.path.join(root, file))


def must(command, container, prev=None):
    forget_last()
    status, output, error, _ = call(command, container, document(container, prev))
    if status:
        print(f"not ok {name}: {command} without a failure: {status} {output} {error}")
        sys.exit(1)
    return json.loads(output) if command == "ADD" else None


def complain(what, text):
    global failures
    failures += 1
    if failures <= 30:
        print(f"not ok {name}: {what}: {text}")


def is_error(output):
    try:
        error = json.loads(output)
        return error["code"] > 0 and "memory" in error["msg"]
    except (ValueError, KeyError, TypeError):
        return False


def same_result(a, b):
    return MAC.sub("MAC", a) == MAC.sub("MAC", b)


def differ(before, after):
    return " ".join(["-" + line for line in sorted(before - after)] +
                    ["+" + line for line in sorted(after - before)])


def each_failure(what, command, prepare, done, want, get_prev):
    """Calls until none fails. prepare() before each; done(status, what, lasting) after it."""
    global attempts
    for lasting in ("", "-"):
        n = zlib.crc32(f"{name} {what}{lasting}".encode()) % stride
        while True:
            prepare()
            forget_last()
            fail = f"{n}{lasting}"
            status, output, error, failed = call(command, "c1", document("c1", get_prev()), fail)
            attempts += 1
            said = f"{what}, allocation {fail}"
            if error:
                complain(said, f"standard error: {error[:3000]}")
            if status == 0:
                if not same_result(output, want):
                    complain(said, f"other output: {output} {want}")
            elif status != 1 or not is_error(output):
                complain(said, f"status {status}: {output}")
            done(status, said, lasting)
            if not failed:
                if status:
                    complain(said, "fails without a failure")
                break
            n += stride


def expect(said, before, with_macs=True):
    after = snapshot(with_macs)
    if after != before:
        complain(said, differ(before, after))


def nothing():
    pass


def make_cold():
    subprocess.run("nft flush ruleset; ip link del br0; ip link del cni0", shell=True,
                   capture_output=True, check=False)


def test_add():
    prev = previous("c1")
    result = must("ADD", "c1", prev)
    there = snapshot(has_chain())
    must("DEL", "c1", result)
    before = snapshot()

    def done(status, said, lasting):
        if status == 0:
            expect(said + ", succeeded", there, has_chain())
            must("DEL", "c1", prev)
            return
        if not (lasting and is_delegating):
            left = snapshot()
            if not (is_cold and left <= before) and left != before:
                complain(said, differ(before, left))
        if lasting:
            must("DEL", "c1", prev)
            if not is_cold:
                expect(said + ", then DEL", before)

    _, want, _, _ = call("ADD", "c1", document("c1", prev))
    must("DEL", "c1", result)
    each_failure("ADD", "ADD", make_cold if is_cold else nothing, done, want, lambda: prev)
    must("ADD", "c1", prev)
    must("DEL", "c1", prev)
    expect("ADD and DEL after all that", before)


def test_del(has_result):
    prev = previous("c1")
    last = [None]
    before = snapshot()

    def prepare():
        last[0] = must("ADD", "c1", prev)

    def done(status, said, _):
        if status:
            must("DEL", "c1", last[0] if has_result else None)
        expect(said + (", then DEL" if status else ""), before)

    each_failure("DEL" if has_result else "DEL without prevResult", "DEL", prepare, done, "",
                 lambda: last[0] if has_result else None)


def test_unchanging():
    prev = previous("c1")
    before = snapshot()
    result = must("ADD", "c1", prev)
    there = snapshot()
    for command in ("CHECK", "STATUS", "VERSION"):
        _, want, _, _ = call(command, "c1", document("c1", result))
        each_failure(command, command, nothing, lambda *_: None, want, lambda: result)
        expect(command, there)
    must("DEL", "c1", result)
    expect("DEL after CHECK", before)


def test_gc():
    must("ADD", "c2", previous("c2"))
    before = snapshot()
    config["cni.dev/valid-attachments"] = [{"containerID": f"{prefix}c2", "ifname": "eth0"}]

    def prepare():
        call("DEL", "c1", document("c1", previous("c1")))
        must("ADD", "c1", previous("c1"))
        if plugin == "portmap":
            subprocess.run(CONNECTION, shell=True, capture_output=True, check=False)

    def done(status, said, _):
        if status:
            must("GC", "c1")
        after = snapshot()
        # What is in a namespace that is there is the runtime's.
        if not after <= before | in_container:
            complain(said, differ(before, after))

    must("ADD", "c1", previous("c1"))
    must("GC", "c1")
    in_container = snapshot()
    each_failure("GC", "GC", prepare, done, "", lambda: None)
    must("DEL", "c1", previous("c1"))
    must("DEL", "c2", previous("c2"))


with open(directory + "/batch", "w", encoding="ascii") as batch:
    batch.write(BATCH)
if is_cold:
    make_cold()
must("ADD", "c1", previous("c1"))
must("DEL", "c1", previous("c1"))
test_add()
if not is_cold:
    test_del(True)
    test_del(False)
    test_unchanging()
    test_gc()
print(f"# {name}: {attempts} calls, {failures} wrong")
if not failures:
    print(f"ok {name}")
sys.exit(bool(failures))
