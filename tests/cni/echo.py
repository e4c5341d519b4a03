# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that tells each client its address as the server sees it, and its client.

    echo.py serve PORT tcp|udp [NAME]    NAME is told, too
    echo.py ask ADDRESS PORT tcp|udp [SOURCE-PORT]    prints the answer, or "no answer"
"""
import signal
import socket
import sys

TIMEOUT = 2
# Of a test that was killed, nothing stays for long.
LIFETIME = 600


def serve(port, protocol, name=""):
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    server = socket.socket(socket.AF_INET6, kind)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    if protocol == "tcp":
        server.listen(64)
    prefix = name + " " if name else ""
    while True:
        if protocol == "tcp":
            connection, peer = server.accept()
            connection.sendall((prefix + peer[0].removeprefix("::ffff:")).encode())
            connection.close()
        else:
            _, peer = server.recvfrom(100)
            server.sendto((prefix + peer[0].removeprefix("::ffff:")).encode(), peer)


def ask(address, port, protocol, source=0):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    client = socket.socket(family, kind)
    client.settimeout(TIMEOUT)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if source:
            client.bind(("", source))
        client.connect((address, port))
        if protocol == "udp":
            client.send(b"?")
        answer = client.recv(100).decode()
    except OSError:
        answer = ""
    print(answer or "no answer")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        signal.alarm(LIFETIME)
        serve(int(sys.argv[2]), *sys.argv[3:])
    else:
        ask(sys.argv[2], int(sys.argv[3]), sys.argv[4], *map(int, sys.argv[5:]))
