# SPDX-License-Identifier: BSD-3-Clause
"""One row on the machine's own kernel.

    kernel.py NUMBER
    kernel.py probe

Runs inside a network namespace of its own, which ends with it, and prints the observation as
JSON. The sockets block, as in an ordinary program. `probe` does only what comes before a row.
"""
import errno
import fcntl
import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

import cases
from observation import Observation, Step

SYSCTL = pathlib.Path("/proc/sys/net/ipv4")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
ETH_P_ALL, PACKET_OUTGOING = 3, 4
SO_TIMESTAMPNS = 35
SNAP = 256       # bytes of a packet that are kept
SETTLE_S = 0.05  # for packets that are still on their way to the capture
ADDRESS = {4: "127.0.0.1", 6: "::1"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}

# The client's initial sequence number, before any rule sees its SYN: there is no other source if
# the SYN is never seen on lo.
ISNS = f"""
table inet lo0sim_isn {{
  set isns {{ typeof tcp sequence; flags dynamic; size 16; }}
  chain output {{
    type filter hook output priority -300;
    tcp dport {cases.PORT} tcp flags & (syn | ack | rst) == syn add @isns {{ tcp sequence }}
  }}
}}
"""


def nft(*args, text=None):
    return subprocess.run(["nft", *args], input=text, text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def set_sysctl(name, value):
    """Not every kernel has all of them."""
    path = SYSCTL / name
    if path.exists():
        path.write_text(str(value))


def lo_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(sock, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def set_rules(rules):
    nft("-f", "-", text="table inet lo0sim\ndelete table inet lo0sim\ntable inet lo0sim {\n"
        + "\n".join(rules.nft) + "\n}\n")


def learn_isn():
    objects = json.loads(nft("-j", "list", "set", "inet", "lo0sim_isn", "isns"))["nftables"]
    elements = next((o["set"].get("elem", []) for o in objects if "set" in o), [])
    return elements[0] if elements else None


class Clock:
    """Seconds since the first step, without those in which rules were loaded: in a simulator that
    takes no time."""

    def __init__(self):
        self.start, self.start_real = time.monotonic(), time.time()
        self.left_out = []  # (when it ended, how long it took)

    def now(self):
        return time.monotonic() - self.start - sum(took for _end, took in self.left_out)

    def leave_out_since(self, began):
        took = self.now() - began
        self.left_out.append((time.monotonic() - self.start, took))

    def of_packet(self, real):
        at = real - self.start_real
        return at - sum(took for end, took in self.left_out if end <= at)


class Capture:
    """What goes out on lo. There each packet is seen twice, going out and coming in."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.sock.bind(("lo", ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.settimeout(0.02)
        self.packets, self.ended = [], False
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while not self.ended:
            try:
                data, ancillary, _flags, address = self.sock.recvmsg(65536, 256)
            except TimeoutError:
                continue
            if address[2] == PACKET_OUTGOING:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                self.packets.append((seconds + nanoseconds / 1e9, data[:SNAP]))

    def end(self):
        time.sleep(SETTLE_S)
        self.ended = True
        self.thread.join()
        self.sock.close()
        return self.packets


def outcome(call, *args):
    """=> What the call returned, and its result in a word."""
    try:
        return call(*args), "ok"
    except OSError as error:
        return None, errno.errorcode[error.errno]


def received(data, result):
    if result == "EAGAIN":
        return "nothing"
    if result != "ok":
        return result
    return f"{len(data)} bytes" if data else "EOF"


class Run:
    """The steps of a row."""

    def __init__(self, row):
        self.row = row
        self.address = (ADDRESS[row.family], cases.PORT)
        self.peers = {"client": self.socket()}
        self.listener, self.sender = None, None
        if row.proto == "udp" and row.connected:
            self.peers["client"].connect(self.address)
        if row.listener:
            self.listen()

    def socket(self):
        kind = socket.SOCK_STREAM if self.row.proto == "tcp" else socket.SOCK_DGRAM
        return self.patient(socket.socket(FAMILY[self.row.family], kind))

    @staticmethod
    def patient(sock):
        """A recv that does not wait for ever; not Python's own timeout, which does not block."""
        whole = int(cases.RECV_S)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                        struct.pack("ll", whole, int((cases.RECV_S - whole) * 1e6)))
        return sock

    def listen(self):
        server = self.socket()
        server.bind(self.address)
        if self.row.proto == "tcp":
            server.listen(8)
            self.listener = server
        else:
            self.peers["server"] = server

    def connect(self):
        return outcome(self.peers["client"].connect, self.address)[1]

    def accept(self):
        self.peers["server"] = self.patient(self.listener.accept()[0])

    def rules(self, number):
        set_rules(self.row.rules[number])

    def wait(self, seconds):
        time.sleep(seconds)

    def send(self, peer, length):
        sock, data = self.peers[peer], b"x" * length
        if self.row.proto == "tcp" or (peer == "client" and self.row.connected):
            return outcome(sock.send, data)[1]
        return outcome(sock.sendto, data, self.address if peer == "client" else self.sender)[1]

    def recv(self, peer):
        if self.row.proto == "tcp":
            return received(*outcome(self.peers[peer].recv, 65536))
        value, result = outcome(self.peers[peer].recvfrom, 65536)
        if value is not None and peer == "server":
            self.sender = value[1]
        return received(value[0] if value is not None else b"", result)

    def shutdown(self, peer):
        return outcome(self.peers[peer].shutdown, socket.SHUT_WR)[1]

    def close(self, peer):
        return outcome(self.peers[peer].close)[1]


def prepare():
    """What every row needs of the namespace."""
    for name, value in (("tcp_syn_retries", cases.SYN_RETRIES),
                        ("tcp_syn_linear_timeouts", cases.SYN_LINEAR)):
        set_sysctl(name, value)
    lo_up()
    nft("-f", "-", text=ISNS)


def probe():
    """Does once what the rows do => OSError or CalledProcessError where it cannot be done."""
    prepare()
    for proto in ("tcp", "udp"):
        set_rules(cases.reject("input", proto))
    learn_isn()
    Capture().end()
    with socket.socket(socket.AF_INET6) as sock:
        sock.bind((ADDRESS[6], cases.PORT))


def observe(row):
    prepare()
    run = Run(row)
    run.rules(0)
    capture, seen = Capture(), Observation()
    clock = Clock()
    for step in row.steps:
        *peer, verb = step[0].split()
        began = clock.now()
        result = getattr(run, verb)(*peer, *step[1:])
        if verb == "rules":
            clock.leave_out_since(began)
        if result is not None:
            seen.steps.append(Step(step[0], result, began, clock.now()))
    seen.packets = [(clock.of_packet(at), data) for at, data in capture.end()]
    seen.isn = learn_isn()
    return seen


def main():
    try:
        if sys.argv[1] == "probe":
            probe()
        else:
            print(json.dumps(observe(cases.rows()[int(sys.argv[1])]).to_json()))
    except subprocess.CalledProcessError as error:
        sys.exit("nft: " + error.stderr.strip().split("\n")[0])
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
