# SPDX-License-Identifier: BSD-3-Clause
"""What programs do in the box: rows for check_exec.py.

Each is a name, options, rules, the command, what it prints, a pattern of standard error, the exit code,
and when it ended in virtual time (None: whenever).
"""
import re

RST = "block return-rst in on lo0 proto tcp from any to any port = 22\n"
ICMP = "block return-icmp(port-unr) in on lo0 proto tcp from any to any port = 22\n"
DROP = "block in on lo0 proto tcp from any to any port = 22\n"
ON = "set intercept_loopback true;\n"
PYTHON = "/usr/bin/python3"

CONNECT = """
import socket, time
began = time.monotonic()
try:
    socket.create_connection(("127.0.0.1", 22), timeout=%s)
    print("connected")
except OSError as error:
    print(type(error).__name__, error.errno, round(time.monotonic() - began, 6))
"""
ECHO = """
import asyncio
async def serve(reader, writer):
    writer.write(await reader.readline()); await writer.drain(); writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 7000)
    reader, writer = await asyncio.open_connection("127.0.0.1", 7000)
    writer.write(b"echo\\n")
    print((await reader.read()).decode(), end="")
    await asyncio.sleep(3600)
    server.close()
asyncio.run(main())
"""
NGINX = """daemon off; pid nginx.pid; error_log stderr; worker_processes 2;
events {}
http { access_log off; server { listen 8088; location / { return 200 "nginx\\n"; } } }
"""
NODE = """
const net = require("net"), http = require("http");
net.connect(5, "127.0.0.1").on("error", e => console.log(e.code));
const server = http.createServer((q, r) => r.end("served")).listen(3000, () =>
  fetch("http://localhost:3000/").then(r => r.text()).then(t => { console.log(t); server.close(); }));
"""

# By the names and numbers of netdevice(7), on a socket of the box and on one of the kernel's.
INTERFACES = """
import fcntl, socket, struct
def ask(request, name, size):
    return fcntl.ioctl(one, request, struct.pack("16s24x", name))[16:16 + size]
for one in socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM):
    for name in [b"lo", b"e1000g0"] if one.family == socket.AF_INET else []:
        index, = struct.unpack("i", ask(0x8933, name, 4))
        address, mask = (socket.inet_ntoa(ask(request, name, 8)[4:]) for request in (0x8915, 0x891b))
        mtu, = struct.unpack("i", ask(0x8921, name, 4))
        flags, = struct.unpack("h", ask(0x8913, name, 2))
        print(index, fcntl.ioctl(one, 0x8910, struct.pack("16si20x", b"", index))[:16].strip(b"\\0").decode(),
              f"{address}/{mask}", mtu, hex(flags))
    try: print([ask(0x8933, b"eth0", 4)])
    except OSError as error: print([error.errno] if one.family == socket.AF_INET else list(ask(0x8933, b"lo", 1)))
try: ask(0x8946, b"lo", 4)
except OSError as error: pass
print(socket.if_nameindex(), socket.if_nametoindex("e1000g0"))
"""

ENDLESS = PYTHON + """ -c '
import socket
peer = socket.create_server(("127.0.0.1", 8000)).accept()[0]
peer.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")
while True: peer.sendall(b"x" * 1000)
' & sleep 1; """

# A server that sends 3000 bytes once it was asked, and a client that asks after a second.
ASKED = """
import os, socket, threading, time
def serve(listener):
    try:
        peer, _ = listener.accept()
        peer.recv(100)
        peer.sendall(b"x" * 3000)
        peer.close()
    except OSError as error:
        os.write(1, b"server %d\\n" % error.errno)
listener = socket.create_server(("127.0.0.1", 8000))
server = threading.Thread(target=serve, args=(listener,), daemon=True)
server.start()
count = 0
try:
    client = socket.create_connection(("127.0.0.1", 8000))
    client.settimeout(100)
    time.sleep(1)
    client.send(b"hello")
    while data := client.recv(10000):
        count += len(data)
    print("end", count)
except OSError as error:
    os.write(1, f"{error.errno if error.errno else error} {count}\\n".encode())
server.join(1)
"""


def fault(name, text, out, seconds, options=()):
    return (name, ["--era", "linux", "--fault", text, *options], "", [PYTHON, "-c", ASKED], out, "", 0, seconds)


# name, options, rules, command, standard output, standard error (a pattern), exit code, seconds
ROWS = [
    ("telnet is refused where nobody listens", [], "", ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", "Connection refused", 1, 0),
    ("telnet hangs under block", [], DROP, ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", "Connection timed out", 1, 30),
    ("telnet hangs under return-rst before the fix", ["--mode", "inject"], RST,
     ["telnet", "127.0.0.1", "22"], "Trying 127.0.0.1...\n", "Connection timed out", 1, 30),
    ("telnet is refused under return-rst since the fix", [], RST, ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", "Connection refused", 1, 0),
    ("telnet hangs for the era's time", ["--era", "linux"], DROP, ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", "Connection timed out", 1, 131),
    ("telnet is refused by ICMP", [], ICMP, ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", "Connection refused", 1, 0),
    ("a static program is served like any other", ["--mode", "inject"], RST,
     ["busybox", "telnet", "127.0.0.1", "22"], "", "Connection timed out", 1, 30),
    ("curl's own time-out comes when it says", [], DROP,
     ["curl", "-sS", "--connect-timeout", "12", "http://127.0.0.1:22/"], "", "after 12000 ms", 28,
     12),
    ("curl sleeps between its tries", [], RST,
     ["curl", "-s", "--retry", "3", "--retry-connrefused", "--retry-delay", "60",
      "http://127.0.0.1:22/"], "", "", 7, 180),
    ("wget gives up", [], DROP,
     ["wget", "-q", "-O", "-", "-T", "5", "--tries", "1", "http://127.0.0.1:22/"], "", "", 4, 5),
    ("nc talks to nc", [], "",
     ["sh", "-c", "nc -l 127.0.0.1 8080 > got & sleep 1; echo hello | nc -N 127.0.0.1 8080; wait; "
      "cat got"], "hello\n", "", 0, None),
    ("busybox' nc and wget talk", [], "",
     ["sh", "-c", "(printf 'HTTP/1.0 200 OK\\r\\n\\r\\nbody\\n' | busybox nc -l -p 8080 >/dev/null) & "
      "sleep 1; busybox wget -q -O - http://127.0.0.1:8080/"], "body\n", "", 0, None),
    ("python's time-out", [], DROP, [PYTHON, "-c", CONNECT % "7"], "TimeoutError None 7.0\n", "", 0,
     7),
    ("python is refused", [], RST, [PYTHON, "-c", CONNECT % "None"],
     "ConnectionRefusedError 111 0.0\n", "", 0, 0),
    ("python hangs", [], DROP, [PYTHON, "-c", CONNECT % "None"], "TimeoutError 110 30.0\n", "", 0,
     30),
    ("asyncio", [], "", [PYTHON, "-c", ECHO], "echo\n", "", 0, 3600),
    ("python's http.server serves curl", [], "",
     ["sh", "-c", PYTHON + " -m http.server -b 127.0.0.1 8000 >/dev/null & sleep 2; "
      "curl -sS http://127.0.0.1:8000/hello.txt"], "hello\n", "", 0, 2),
    ("sleep takes no time", [], "", ["sleep", "86000"], "", "", 0, 86000),
    ("the date is the box'", [], "", ["date", "-u", "+%F %T"], "2009-06-16 15:30:00\n", "", 0, 0),
    ("a static program's date", [], "", ["busybox", "date", "-u", "+%F %T"],
     "2009-06-16 15:30:00\n", "", 0, 0),
    ("perl is refused", [], RST,
     ["perl", "-MIO::Socket::INET", "-e",
      'IO::Socket::INET->new("127.0.0.1:22") or print "$!\\n"'], "Connection refused\n", "", 0, 0),
    ("socat forks for a client", [], "",
     ["sh", "-c", "socat TCP-LISTEN:9000,fork,reuseaddr EXEC:cat & sleep 1; "
      "echo through | socat - TCP:127.0.0.1:9000"], "through\n", "", 0, None),
    ("redis", [], "",
     ["sh", "-c", "redis-server --port 7000 --bind 127.0.0.1 --save '' >/dev/null & sleep 1; "
      "redis-cli -p 7000 set a 1; redis-cli -p 7000 get a"], "OK\n1\n", "", 0, None),
    ("nginx with workers", [], "",
     ["sh", "-c", "nginx -p . -c nginx.conf 2>/dev/null & sleep 1; curl -sS http://127.0.0.1:8088/"],
     "nginx\n", "", 0, None),
    ("node", [], "", ["node", "-e", NODE], "ECONNREFUSED\nserved\n", "", 0, None),
    ("the exit code is the program's", [], "", ["sh", "-c", "exit 7"], "", "", 7, 0),
    ("a program that is killed", [], "", ["sh", "-c", "kill -9 $$"], "", "", 137, 0),
    ("a connect to elsewhere never leaves", [], "",
     [PYTHON, "-c", "import socket\ntry: socket.create_connection(('10.1.2.3', 80))\n"
      "except OSError as e: print(e.errno)"], "101\n", "", 0, 0),
    ("there is no packet socket", [], "",
     [PYTHON, "-c", "import socket\ntry: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
      "except OSError as e: print(e.errno)"], "97\n", r"python3: socket\(\)", 0, 0),
    ("a poll that never waits does not stand still", [], "",
     [PYTHON, "-c", "import select, time\nt = time.time()\n"
      "for _ in range(3000): select.select([], [], [], 0)\nprint(time.time() > t)"], "True\n", "", 0,
     None),
    ("a signal never interrupts a call that does not wait", [], "",
     [PYTHON, "-c", "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: None)\n"
      "signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)\nwhile time.time() < 1245166200.2: pass\nprint('fine')"],
     "fine\n", "", 0, 0.2),
    ("who is sent to for ever is told the time", ["--era", "linux"], "",
     ["sh", "-c", ENDLESS + "curl -s -o /dev/null --max-time 0.05 http://127.0.0.1:8000/"], "", "", 28, None),
    ("an alarm interrupts a connect", [], DROP,
     [PYTHON, "-c", "import signal, socket\n"
      "def ring(*_): raise SystemExit(9)\nsignal.signal(signal.SIGALRM, ring)\nsignal.alarm(4)\n"
      "socket.create_connection(('127.0.0.1', 22))"], "", "", 9, 4),
    ("threads wait with time-outs", [], "",
     [PYTHON, "-c", "import queue, threading, time\nq = queue.Queue()\n"
      "threading.Timer(100, lambda: q.put('rung')).start()\nprint(q.get(timeout=200))"], "rung\n", "",
     0, 100),
    ("interfaces are the box'", [], "", ["ip", "-o", "-4", "addr", "show", "dev", "e1000g0"],
     re.compile(r"2: e1000g0 +inet 192\.168\.1\.5/24 .*\n"), "", 0, 0),
    ("interfaces are the box' by ioctl, too", [], "", [PYTHON, "-c", INTERFACES],
     "1 lo 127.0.0.1/255.0.0.0 8232 0x49\n2 e1000g0 192.168.1.5/255.255.255.0 1500 0x1043\n[19]\n[1]\n"
     "[(1, 'lo'), (2, 'e1000g0')] 2\n", r"python3: ioctl\(0x8946\) of lo is not in the box: EOPNOTSUPP", 0, 0),
    ("services are the box'", [], "",
     ["sh", "-c", "getent services ssh 80/tcp nosuch; cat /etc/services | grep -c ."], re.compile(
         r"ssh +22/tcp\nhttp +80/tcp\n\d+\n"), "", 0, 0),
    ("localhost is a name, and others are none", [], "",
     ["sh", "-c", "getent hosts localhost; getent hosts example.com; echo $?"],
     "127.0.0.1       localhost\n2\n", "", 0, None),
    ("the statistics say whose doing it was", [], RST, ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", r"exec: connect 127\.0\.0\.1\.22: ECONNREFUSED after 0\.000 s: rule @0:1, the SYN became the RST\|ACK",
     1, 0),
    ("the statistics say that nobody listens", [], "", ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", r"22: ECONNREFUSED after 0\.000 s: the stack, nobody listens on port 22", 1, 0),
    ("the statistics say that there is no route", [], "", ["telnet", "10.0.0.1", "22"],
     "Trying 10.0.0.1...\n", r"connect 10\.0\.0\.1\.22: ENETUNREACH after 0\.000 s: there is no route; the box reaches", 1, 0),
    ("the statistics name a fault", ["--fault", "drop SYN"], "", ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", r"22: ETIMEDOUT after 30\.000 s: the SYN was lost: a fault, at LOOPBACK_OUT", 1, 30),
    ("the trace names who called", ["-v"], "",
     ["sh", "-c", "nc -l 127.0.0.1 8080 > got & sleep 1; echo hello | nc -N 127.0.0.1 8080; wait"], "",
     r"(?s)  nc +bind 127\.0\.0\.1\.8080\n +nc +listen 8080\n.*sleep +sleep 1 s\n.*"
     r"nc\.2 +connect 127\.0\.0\.1\.8080: EINPROGRESS\n.*nc +accept: 127\.0\.0\.1\.\d+\n.*"
     r"nc\.2 +send: 6 bytes\n.*nc +recv: 6 bytes\n.*nc\.2 +close\n", 0, None),
    ("the trace tells how long a poll waited", ["--jsonl", "/dev/stderr"], DROP,
     ["curl", "-s", "--connect-timeout", "12", "http://127.0.0.1:22/"], "",
     r'"process":"curl","verb":"poll","name":"poll","on":false,"waited_us":', 28, 12),
    fault("a SYN that is lost is sent again", "drop SYN 1", "end 3000\n", 2),
    fault("a server's SYN that is lost is sent again", "drop SYN|ACK 1", "end 3000\n", None),
    fault("all SYNs that are lost time out", "drop SYN", "110 0\n", 132),
    fault("data that is lost is sent again", "drop DATA 1", "end 3000\n", None),
    fault("a reset in mid-stream", "reset after 1000 bytes", "104 1000\n", 1),
    fault("a reset in mid-request", "reset after 2 bytes from client",
          re.compile("104 0\nserver 104\n|server 104\n104 0\n"), 1),
    fault("a reset as soon as there is a connection", "reset after 0 bytes",
          re.compile("(server 104\n)?104 0\n(server 104\n)?"), None),
    ("a reset after more than is sent never comes, and that is told", ["--era", "linux", "--fault", "reset after 3001 bytes"],
     "", [PYTHON, "-c", ASKED], "end 3000\n", r"nothing met it: 1 connection, whose server sent 3000 bytes\n", 2, 1),
    fault("a reset after all that is sent comes", "reset after 3000 bytes", "104 3000\n", 1),
    fault("a stall", "stall after 1000 bytes", "timed out 1000\n", 101),
    fault("a stall from the beginning", "stall after 0 bytes", "timed out 0\n", 101),
    fault("a half-open connection is told when something is sent", "close half",
          re.compile("(server 104\n)?104 0\n(server 104\n)?"), None),
    fault("a half-open connection hangs who only reads", "close half after 1000 bytes", "timed out 1000\n",
          101),
    fault("a slow accept", "slow accept 5", "end 3000\n", 5),
    ("what Linux' sockets return", ["--era", "linux"], "", [PYTHON, "sockets.py"],
     """v4 beside v6only None
abort ECONNRESET
taken EADDRINUSE
never connected send EPIPE
never connected recv ENOTCONN
('0.0.0.0', 0)
peer ENOTCONN
poll 20
nb EINPROGRESS
29
ECONNREFUSED
recv b''
u recv ECONNREFUSED
established [True, False, False, False, False]
""", "", 0, None),
    ("a server that nobody can ever call", [], "",
     [PYTHON, "-c", "import socket; socket.create_server(('127.0.0.1', 7)).accept()"], "",
     r"nothing can happen any more: python3 waits in accept4\(\)\n", 124, None),
    ("a program that sleeps for ever", [], "", ["sh", "-c", "while :; do sleep 3600; done"], "",
     "86400 s of virtual time are over", 124, None),
    ("two who wait for each other", [], "",
     ["sh", "-c", PYTHON + " -c 'import socket; socket.create_server((\"127.0.0.1\", 7)).accept()'; true"], "",
     r"nothing can happen any more: sh waits in wait4\(\), python3 waits in accept4\(\)", 124, None),
    ("the bytes that the kernel gives a program come from the seed", [], "",
     [PYTHON, "-c", "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.getauxval.restype = ctypes.c_ulong\n"
      "print(ctypes.string_at(libc.getauxval(25), 16).hex())"],
     "c15c0289ec2d0a9167ec8e65a18debbe\n", "", 0, 0),
    ("a fault that is none", ["--fault", "rest after 1 byte"], "", ["true"], "",
     "lo0sim exec: --fault 'rest after 1 byte': column 1: there is no fault 'rest'; did you mean 'reset'", 2,
     None),
    ("a command that is not there", [], "", ["no-such-program"], "",
     r"lo0sim exec: no-such-program: cannot be run: No such file", 2, None),
]
