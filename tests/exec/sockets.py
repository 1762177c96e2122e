# SPDX-License-Identifier: BSD-3-Clause
"""Prints what sockets return in edge cases; it prints the same on Linux itself."""
import errno
import select
import socket
import struct
import time


def show(name, call):
    try:
        print(name, call())
    except OSError as error:
        print(name, errno.errorcode[error.errno])


only6 = socket.socket(socket.AF_INET6)
only6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
only6.bind(("::", 7000))
only6.listen()
only4 = socket.socket()
show("v4 beside v6only", lambda: only4.bind(("0.0.0.0", 7000)))
only4.listen()
client = socket.create_connection(("127.0.0.1", 7000))
peer, _ = only4.accept()
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
show("abort", lambda: peer.recv(10))
fresh = socket.socket()
show("taken", lambda: fresh.bind(("127.0.0.1", 7000)))
show("never connected send", lambda: fresh.send(b"x", socket.MSG_NOSIGNAL))
show("never connected recv", lambda: fresh.recv(1))
print(fresh.getsockname())
show("peer", fresh.getpeername)
poll = select.poll()
poll.register(fresh)
print("poll", poll.poll(0)[0][1])
early = socket.socket()
early.setblocking(False)
show("nb", lambda: early.connect(("127.0.0.1", 7001)))
poll = select.poll()
poll.register(early, select.POLLOUT | select.POLLIN)
print(poll.poll()[0][1])
print(errno.errorcode[early.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)])
show("recv", lambda: early.recv(1))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("127.0.0.1", 7002))
udp.send(b"x")
show("u recv", lambda: udp.recv(1))
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
clients = [socket.socket() for _ in range(5)]
for one in clients:
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
time.sleep(0.5)
print("established", [select.select([], [one], [], 0)[1] != [] for one in clients])
