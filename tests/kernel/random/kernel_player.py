# SPDX-License-Identifier: BSD-3-Clause
"""Programs on the machine's own kernel.

    kernel_player.py

reads programs from standard input, one a line, and answers each with a line of JSON:
[[result, [packet...]]...], one pair for each call. Each program has a network namespace of its own,
and its processes are processes. Calls are made one at a time; after each, what is on its way is
given the time to arrive.
"""
import ctypes
import errno
import json
import os
import pathlib
import select
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import kernel                                                      # noqa: E402
import packet                                                      # noqa: E402
import firewall                                                    # noqa: E402
import program                                                     # noqa: E402
import segment                                                     # noqa: E402

CLONE_NEWNET = 0x40000000
SETTLE_S = 0.001
ACK_S = 0.048      # a delayed ACK comes after 40 ms
ADDRESS = {("lo", 4): "127.0.0.1", ("lo", 6): "::1", ("any", 4): "0.0.0.0", ("any", 6): "::"}
FAMILY = {"4": socket.AF_INET, "6": socket.AF_INET6}
TYPE = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
HOW = {"r": socket.SHUT_RD, "w": socket.SHUT_WR, "b": socket.SHUT_RDWR}
READY = (("IN", select.POLLIN), ("OUT", select.POLLOUT), ("ERR", select.POLLERR),
         ("HUP", select.POLLHUP), ("RDHUP", select.POLLRDHUP))
STATES = ("", "ESTABLISHED", "SYN_SENT", "SYN_RCVD", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT",
          "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING")
OPTION = {"reuseaddr": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
          "v6only": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
          "nodelay": (socket.IPPROTO_TCP, socket.TCP_NODELAY)}
LIBC = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


class Process:
    """What one process of a program has, and the calls it makes."""

    def __init__(self):
        self.sockets, self.kinds = {}, {}

    def call(self, words):
        try:
            result = getattr(self, "do_" + words[1], None)
            if result is None:
                return self.make(*words)
            result = result(words[0], *words[2:])
            return "ok" if result is None else str(result)
        except KeyError:
            return "EBADF"
        except OSError as error:
            return errno.errorcode[error.errno]

    def make(self, name, kind, _process, nb=None):
        sock = socket.socket(FAMILY[kind[3]], TYPE[kind[:3]])
        self.keep(name, kind, sock, nb is not None)
        return "ok"

    def keep(self, name, kind, sock, nonblocking):
        wait = struct.pack("ll", 0, int(program.WAIT_S * 1e6))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
        if kind.startswith("tcp"):
            sock.setsockopt(*OPTION["nodelay"], 1)
        if nonblocking:
            sock.setblocking(False)
        self.sockets[name], self.kinds[name] = sock, kind

    def address(self, name, address, port):
        return ADDRESS[address, int(self.kinds[name][3])], int(port)

    def do_bind(self, name, address, port):
        self.sockets[name].bind(self.address(name, address, port))

    def do_listen(self, name, backlog):
        self.sockets[name].listen(int(backlog))

    def do_connect(self, name, address, port):
        self.sockets[name].connect(self.address(name, address, port))

    def do_disconnect(self, name):
        unspecified = ctypes.create_string_buffer(struct.pack("H14x", socket.AF_UNSPEC))
        check(LIBC.connect(self.sockets[name].fileno(), unspecified, 16))

    def do_accept(self, name, child):
        listener = self.sockets[name]
        sock = listener.accept()[0]
        self.keep(child, self.kinds[name], sock, not listener.getblocking())

    def do_send(self, name, length):
        return self.sockets[name].send(b"x" * int(length))

    def do_sendto(self, name, length, address, port):
        return self.sockets[name].sendto(b"x" * int(length), self.address(name, address, port))

    def do_recv(self, name, most=65536):
        return len(self.sockets[name].recv(int(most)))

    def do_peek(self, name, most=65536):
        return len(self.sockets[name].recv(int(most), socket.MSG_PEEK))

    def do_shutdown(self, name, how):
        self.sockets[name].shutdown(HOW[how])

    def do_close(self, name):
        self.sockets.pop(name).close()

    def do_nb(self, name, on):
        self.sockets[name].setblocking(on == "0")

    def do_set(self, name, option, value):
        if option == "linger":
            linger = struct.pack("ii", int(int(value) >= 0), max(int(value), 0))
            self.sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            self.sockets[name].setsockopt(*OPTION[option], int(value))

    def do_get(self, name, option):
        if option == "linger":
            on, value = struct.unpack("ii", self.sockets[name].getsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, 8))
            return value if on else -1
        return self.sockets[name].getsockopt(*OPTION[option])

    def do_error(self, name):
        error = self.sockets[name].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[error] if error else "0"

    def do_poll(self, name):
        poll = select.poll()
        poll.register(self.sockets[name], select.POLLIN | select.POLLOUT | select.POLLRDHUP)
        ready = dict(poll.poll(0)).get(self.sockets[name].fileno(), 0)
        return "+".join(word for word, bit in READY if ready & bit) or "-"

    def do_state(self, name):
        info = self.sockets[name].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return STATES[info[0]]

    def do_sockname(self, name):
        return "{}:{}".format(*self.sockets[name].getsockname()[:2])

    def do_peername(self, name):
        return "{}:{}".format(*self.sockets[name].getpeername()[:2])


class Child:
    """A process of its own, which makes the calls that it is told."""

    def __init__(self):
        mine, its = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            mine.close()
            self.serve(its.makefile("rw"))
        its.close()
        self.sock, self.pipe = mine, mine.makefile("rw")

    @staticmethod
    def serve(pipe):
        process = Process()
        try:
            for line in pipe:
                pipe.write(process.call(line.split()) + "\n")
                pipe.flush()
        except BrokenPipeError:
            pass
        os._exit(0)

    def call(self, words):
        self.pipe.write(" ".join(words) + "\n")
        self.pipe.flush()
        return self.pipe.readline().strip()

    def end(self):
        if self.pid != 0:
            self.sock.shutdown(socket.SHUT_RDWR)  # a close would not do: others have it, too
            self.pipe.close()
            self.sock.close()
            os.waitpid(self.pid, 0)
            self.pid = 0


class Fins:
    """FINs that nobody has acknowledged yet: the ACK may be delayed, and the state hangs on it."""

    def __init__(self):
        self.waiting = {}  # (version, sport, dport): the ACK that is waited for

    def see(self, seen):
        seq, ack, flags, _window, _options, length = seen.tcp
        way, back = (seen.version, seen.sport, seen.dport), (seen.version, seen.dport, seen.sport)
        if flags & packet.RST or self.waiting.get(back) == ack:
            self.waiting.pop(back, None)
        if flags & 1:
            self.waiting[way] = (seq + length + 1) % 2**32


class Capture:
    """The packets that go out on lo."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(kernel.ETH_P_ALL))
        self.sock.bind(("lo", kernel.ETH_P_ALL))
        self.sock.setblocking(False)
        self.fins, self.numbers = Fins(), segment.Numbers()

    def take(self):
        """=> The packets since it was asked last, and those until FINs are acknowledged."""
        taken, until = self.read(), time.monotonic() + ACK_S
        while self.fins.waiting and time.monotonic() < until:
            time.sleep(SETTLE_S)
            taken += self.read()
        self.fins.waiting.clear()  # a rule has eaten it
        return taken

    def read(self):
        taken = []
        while True:
            try:
                data, address = self.sock.recvfrom(kernel.SNAP)
            except BlockingIOError:
                return taken
            if address[2] != kernel.PACKET_OUTGOING:
                continue
            seen = packet.Packet(data)
            if seen.proto == 6:
                self.fins.see(seen)
                self.numbers.see(seen)
            taken.append(words_of(seen))


def words_of(seen):
    """A packet as the normaliser takes it: kind, ports, flags or type, length."""
    if seen.proto == 6:
        seq, _ack, flags, _window, _options, length = seen.tcp
        letters = "".join(name for bit, name in packet.TCP_FLAGS if flags & bit)
        return f"tcp{seen.version} {seen.sport} {seen.dport} {letters or '-'} {seq} {length}"
    if seen.proto == 17:
        return f"udp{seen.version} {seen.sport} {seen.dport} {seen.size - 8}"
    text = f"icmp{seen.version} {seen.body[0]} {seen.body[1]}"
    quoted = packet.Packet(seen.body[8:])
    seq = quoted.tcp[0] if quoted.proto == 6 and len(quoted.body) >= 14 else 0
    return f"{text} {quoted.proto} {quoted.sport} {quoted.dport} {seq}"


def play(calls):
    """=> The answers of a program."""
    check(LIBC.unshare(CLONE_NEWNET))
    kernel.lo_up()
    children = [Child() for _ in range(program.processes(calls))]
    owner = program.owners(calls)
    capture, answers, ports = Capture(), [], {}
    for words in calls:
        if words[0] == "exit":
            children[int(words[1])].end()
            result = "ok"
        elif words[0] == "fw":
            kernel.nft("-f", "-", text="table inet t\ndelete table inet t\ntable inet t {\n" +
                       "\n".join(firewall.nft(words[1:])) + "\n}\n")
            result = "ok"
        elif words[0] == "raw":
            segment.send(capture.numbers, with_ports(words[1:], ports))
            result = "ok"
        else:
            child = children[owner[words[0]][1]]
            result = child.call(with_ports(words, ports)) if child.pid else "EBADF"
            note_port(child, words, ports)
        time.sleep(SETTLE_S)
        answers.append([result, capture.take()])
    for child in children:
        child.end()
    capture.sock.close()
    return answers


def with_ports(words, ports):
    return [ports.get(word[1:], "9") if word.startswith("@") else word for word in words]


def note_port(child, words, ports):
    """What @X means: the port of X when it was last seen with one."""
    if words[1] in ("bind", "connect", "listen", "sendto", "send") and child.pid:
        name = child.call([words[0], "sockname"])
        if ":" in name and not name.endswith(":0"):
            ports[words[0]] = name.rpartition(":")[2]


def main():
    for line in sys.stdin:
        print(json.dumps(play(program.calls_of(line.strip()))), flush=True)


if __name__ == "__main__":
    main()
