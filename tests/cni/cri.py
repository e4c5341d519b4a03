# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the Container Runtime Interface, as the kubelet is one; and an image for it.

    cri.py image FILE COMMAND...      make FILE, an image localhost/pause:1 of busybox
    cri.py SOCKET ready               exit 0 if the runtime and its network are
    cri.py SOCKET run NAME [port=HOST:CONTAINER[:ADDRESS]]... [KEY=VALUE]...
                                      RunPodSandbox, with annotations; prints its id
    cri.py SOCKET address ID          of PodSandboxStatus; "" if there is none
    cri.py SOCKET list                the ids of all
    cri.py SOCKET stop|remove ID      StopPodSandbox, RemovePodSandbox

Failures are printed, exit 1. Messages are encoded by hand: they are a few fields of
runtime.v1's api.proto.
"""
import hashlib
import io
import json
import sys
import tarfile


def varint(number):
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def fields(data):
    """The (number, value) of a message: integers and bytes."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        yield tag >> 3, value


def first(data, *path):
    for number in path:
        data = next((value for n, value in fields(data) if n == number), b"")
    return data.decode()


def image(path, command):
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
    layer = layer.getvalue()
    config = {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": command}, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = [{"Config": "config.json", "RepoTags": ["localhost/pause:1"],
                 "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as tar:
        for name, data in (("config.json", json.dumps(config).encode()), ("layer.tar", layer),
                           ("manifest.json", json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def sandbox(name, options):
    config = field(1, field(1, name) + field(2, "uid-" + name) + field(3, "default"))
    config += field(2, name) + field(8, b"")
    for option in options:
        key, _, value = option.partition("=")
        if key == "port":
            host, container, *address = value.split(":", 2)
            config += field(5, field(2, int(container)) + field(3, int(host)) +
                            b"".join(field(4, text) for text in address))
        else:
            config += field(7, field(1, key) + field(2, value))
    return field(1, config)


def main(socket, command, *arguments):
    channel = grpc.insecure_channel("unix://" + socket)

    def call(method, message=b""):
        method = channel.unary_unary("/runtime.v1.RuntimeService/" + method)
        return method(message, timeout=60)

    if command == "ready":
        conditions = [dict(fields(c)) for _, c in fields(next(fields(call("Status")))[1])]
        return 0 if conditions and all(c.get(2) for c in conditions) else 1
    if command == "run":
        print(first(call("RunPodSandbox", sandbox(arguments[0], arguments[1:])), 1))
    elif command == "address":
        print(first(call("PodSandboxStatus", field(1, arguments[0])), 1, 5, 1))
    elif command == "list":
        for _, item in fields(call("ListPodSandbox")):
            print(first(item, 1))
    else:
        call({"stop": "StopPodSandbox", "remove": "RemovePodSandbox"}[command],
             field(1, arguments[0]))
    return 0


if sys.argv[1] == "image":
    image(sys.argv[2], sys.argv[3:])
else:
    import grpc
    try:
        sys.exit(main(*sys.argv[1:]))
    except grpc.RpcError as error:
        print(error.details())
        sys.exit(1)
