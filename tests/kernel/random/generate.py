# SPDX-License-Identifier: BSD-3-Clause
"""A random program for a seed.

The generator keeps a rough model of what each socket is, so that most calls mean something; and it
makes a senseless call now and then, since their errnos count, too.
"""
import random
import string

TCP_PORTS, UDP_PORTS = (80, 81), (53, 54)
LENGTH = (6, 22)
MORE_SOCKETS = 7
STRAYS = 0.1  # of the programs have segments of nobody's
WAITS_MAX = 4  # calls that may wait for their whole time, in a program

# What is done with a TCP socket, by what it is: {call: weight}.
LOOK = {"poll": 4, "state": 2, "error": 2, "sockname": 1, "peername": 1}
TCP_CALLS = {
    "fresh": {"bind": 6, "connect": 14, "listen": 2, "set": 3, "send": 1, "recv": 1, "shutdown": 1,
              "close": 1, **LOOK},
    "bound": {"listen": 14, "connect": 4, "bind": 1, "set": 1, "send": 1, "recv": 1, "shutdown": 1,
              "close": 1, **LOOK},
    "listening": {"accept": 16, "listen": 1, "connect": 1, "shutdown": 1, "close": 2, "send": 1,
                  "recv": 1, "bind": 1, **LOOK},
    "connecting": {"connect": 4, "send": 8, "recv": 6, "peek": 2, "shutdown": 4, "close": 3,
                   "set": 2, "listen": 1, "bind": 1, "disconnect": 1, **LOOK, "poll": 6},
    "accepted": {"send": 8, "recv": 7, "peek": 2, "shutdown": 5, "close": 4, "set": 2,
                 "connect": 1, **LOOK, "poll": 6},
}
UDP_CALLS = {"bind": 5, "connect": 6, "send": 8, "sendto": 8, "recv": 9, "peek": 2, "shutdown": 2,
             "close": 1, "disconnect": 2, "set": 1, "poll": 4, "error": 2,
             "sockname": 2, "peername": 1}
ACTIONS = {"tcp": ("drop", "rst", "port", "admin", "host"), "udp": ("drop", "port", "admin", "host")}
FLAGS = ("S", "SA", "F", "FA", "R", "A", "RA")
OUT_FLAGS = ("S", "R", "RA")
STRAY_FLAGS = ("S", "S.", "SF", "R", "R", "R.", "F.", "F", ".", ".", "P.", "-")


class Socket:
    def __init__(self, name, kind, process, nonblocking):
        self.name, self.kind, self.process, self.nonblocking = name, kind, process, nonblocking
        self.role, self.port, self.address = "fresh", None, None
        self.asked = set()  # ports that it may have: none is called, since that would be itself
        self.waiting = 0  # a listener: how many have connected, roughly

    @property
    def proto(self):
        return self.kind[:3]


class Generator:
    def __init__(self, seed):
        self.rand = random.Random(seed)
        rand = self.rand
        self.processes = rand.randint(2, 4)
        self.calls, self.sockets, self.made, self.waits = [], [], 0, 0
        self.gone = set()
        self.protos = rand.choice((("tcp",),) * 6 + (("udp",),) * 3 + (("tcp", "udp"),))
        self.families = rand.choice(("4", "4", "6", "6", "46"))
        self.drops = self.strays = False

    # ---- pieces ----

    def pick(self, weights):
        return self.rand.choices(list(weights), list(weights.values()))[0]

    def say(self, *words):
        self.calls.append(" ".join(str(word) for word in words))

    def ports(self, proto):
        return TCP_PORTS if proto == "tcp" else UDP_PORTS

    @staticmethod
    def reaches(sock, other):
        """Whether what sock sends to its own family's loopback finds other."""
        return sock.kind[3] == other.kind[3] or (other.address == "any" and other.kind[3] == "6")

    def some_port(self, sock):
        """Mostly one where somebody is."""
        there = [other for other in self.sockets
                 if other.proto == sock.proto and other.port in self.ports(sock.proto)
                 and other is not sock and other.port not in sock.asked and other.role in ("fresh", "bound", "listening")
                 and self.reaches(sock, other)]
        listening = [other for other in there if other.role == "listening"]
        if there and self.rand.random() < 0.9:
            chosen = self.rand.choice(listening or there)
            chosen.waiting += 1
            return chosen.port
        named = [other for other in self.sockets if other.proto == sock.proto == "udp"
                 and other is not sock and other.port == "free"]
        if named and self.rand.random() < 0.5:
            return "@" + self.rand.choice(named).name
        return self.rand.choice([port for port in self.ports(sock.proto)
                                 if port not in sock.asked] or [79])

    def size(self):
        return self.rand.choice((1, 2, 5, 10, 100, 1000))

    def may_wait(self, sock):
        if sock.nonblocking:
            return True
        self.waits += 1
        return self.waits <= WAITS_MAX

    # ---- calls ----

    def make(self):
        name = string.ascii_lowercase[self.made]
        self.made += 1
        kind = self.rand.choice(self.protos) + self.rand.choice(self.families)
        process = self.rand.choice([p for p in range(self.processes) if p not in self.gone])
        nonblocking = self.drops or self.rand.random() < 0.75
        sock = Socket(name, kind, process, nonblocking)
        self.sockets.append(sock)
        self.say(name, kind, process, *(["nb"] if nonblocking else []))
        if self.rand.random() < 0.2:
            self.do_set(sock)

    def do_bind(self, sock):
        port = 0 if self.rand.random() < 0.15 else self.rand.choice(self.ports(sock.proto))
        address = self.rand.choice(("lo", "any"))
        self.say(sock.name, "bind", address, port)
        sock.asked.add(port)
        if sock.role == "fresh":
            sock.role, sock.port, sock.address = "bound", port or "free", address

    def do_listen(self, sock):
        self.say(sock.name, "listen", self.rand.choice((0, 1, 1, 2, 5)))
        if sock.role in ("fresh", "bound"):
            sock.role, sock.port = "listening", sock.port or "free"

    def do_connect(self, sock):
        if sock.proto == "tcp" and not self.may_wait(sock):
            return
        self.say(sock.name, "connect", "lo" if self.rand.random() < 0.9 else "any",
                 self.some_port(sock))
        if sock.role in ("fresh", "bound"):
            sock.role = "connecting" if sock.proto == "tcp" else sock.role
            sock.port = sock.port or "free"

    def do_accept(self, sock):
        if not self.may_wait(sock) or self.made == len(string.ascii_lowercase):
            return
        if sock.waiting == 0 and self.rand.random() < 0.85:
            return
        expected, sock.waiting = sock.waiting > 0, max(0, sock.waiting - 1)
        child = Socket(string.ascii_lowercase[self.made], sock.kind, sock.process, sock.nonblocking)
        self.made += 1
        child.role = "accepted"
        if expected:
            self.sockets.append(child)
        self.say(sock.name, "accept", child.name)

    def do_send(self, sock):
        self.say(sock.name, "send", self.size())

    def do_sendto(self, sock):
        self.say(sock.name, "sendto", self.size(), "lo", self.some_port(sock))
        sock.port = sock.port or "free"

    def do_recv(self, sock):
        if self.may_wait(sock):
            some = sock.proto == "tcp" and self.rand.random() < 0.3
            self.say(sock.name, "recv", *([self.size()] if some else []))

    def do_peek(self, sock):
        if sock.nonblocking:
            self.say(sock.name, "peek")

    def do_shutdown(self, sock):
        self.say(sock.name, "shutdown", self.rand.choice("rwwb"))

    def do_close(self, sock):
        self.say(sock.name, "close")
        if self.rand.random() < 0.95:
            self.sockets.remove(sock)

    def do_set(self, sock):
        option = self.rand.choice(["reuseaddr"] * 3 + ["linger"] * 2 * (sock.proto == "tcp") +
                                  ["v6only"] * (sock.kind[3] == "6"))
        values = {"linger": (0, 0, -1), "reuseaddr": (0, 1, 1), "v6only": (0, 1)}[option]
        self.say(sock.name, "set", option, self.rand.choice(values))

    def exit(self):
        process = self.rand.choice([p for p in range(self.processes) if p not in self.gone])
        self.say("exit", process)
        self.gone.add(process)
        self.sockets = [sock for sock in self.sockets if sock.process != process]

    def stray(self):
        """A segment that no socket has sent, to a connection or beside it (segment.py)."""
        rand = self.rand
        clients = [sock for sock in self.sockets if sock.role == "connecting"]
        if not clients:
            return
        sock = rand.choice(clients)
        ends = ["@" + sock.name, rand.choice(TCP_PORTS)]
        rand.shuffle(ends)
        self.say("raw", sock.kind[3], *ends, rand.choice(STRAY_FLAGS), rand.choice((0, 0, 0, 3, 10)),
                 rand.choice((0, 0, 0, -1, 1, 5, -5, 100000)), rand.choice((0, 0, 0, -1, 1, 10)))

    # ---- the firewall ----

    def rule(self):
        """Of TCP, OUTPUT refuses no data and no FIN: Linux has then not sent it, and sends it with
        whatever comes next, where the box waits for its timer. Nor does it refuse a SYN|ACK: Linux
        forgets the SYN then, and the box does not."""
        rand = self.rand
        proto = rand.choice(self.protos)
        action = rand.choice([a for a in ACTIONS[proto] if a != "drop" or self.drops])
        way = "in" if self.strays else rand.choice(("in", "in", "out"))
        flags = []
        if proto == "tcp" and (way == "out" or rand.random() < 0.6):
            flags = [rand.choice(OUT_FLAGS if way == "out" else FLAGS)]
        return ":".join([way, action, proto, rand.choice("ds") + str(rand.choice(self.ports(proto))),
                         *flags])

    def firewall(self):
        self.say("fw", *(self.rule() for _ in range(self.rand.choice((1, 1, 2)))))

    # ---- all of it ----

    def step(self):
        rand = self.rand
        if len(self.gone) == self.processes:
            return False
        if not self.sockets or (self.made < MORE_SOCKETS and rand.random() < 0.18):
            if self.made == len(string.ascii_lowercase):
                return False
            self.make()
            return True
        if rand.random() < 0.015:
            self.exit()
            return True
        if self.strays and rand.random() < 0.25:
            self.stray()
        sock = rand.choice(self.sockets)
        call = self.pick(UDP_CALLS if sock.proto == "udp" else TCP_CALLS[sock.role])
        if call in LOOK or call == "disconnect":
            self.say(sock.name, call)
        else:
            getattr(self, "do_" + call)(sock)
        return True

    def server(self):
        """Somebody to connect to, in most programs."""
        self.make()
        sock = self.sockets[-1]
        self.do_bind(sock)
        if sock.proto == "tcp":
            self.do_listen(sock)

    def all(self):
        rand = self.rand
        self.drops = rand.random() < 0.2
        self.strays = rand.random() < STRAYS
        length = rand.randint(*LENGTH)
        if rand.random() < 0.85:
            self.server()
        walls = [at for at in range(length) if rand.random() < 0.04]
        if rand.random() < 0.3:
            walls.append(0)
        for at in range(length):
            if at in walls:
                self.firewall()
            if not self.step():
                break
        return [call.split() for call in self.calls]


def program(seed):
    """=> The calls of the program that belongs to a seed."""
    return Generator(seed).all()
