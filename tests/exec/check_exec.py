#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Real programs in the box: `lo0sim exec`.

    check_exec.py PROGRAM [ROW]

Each row is a command, what it prints, its exit code, and when it ended in virtual time. A row whose
programs are not on this machine is skipped, and so is all where the kernel has no seccomp
notification.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
ONLY = sys.argv[2] if len(sys.argv) > 2 else None
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
    ("localhost is a name, and others are none", [], "",
     ["sh", "-c", "getent hosts localhost; getent hosts example.com; echo $?"],
     "127.0.0.1       localhost\n2\n", "", 0, None),
    ("the statistics say whose doing it was", [], RST, ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", r"exec: connect 127\.0\.0\.1\.22: ECONNREFUSED after 0\.000 s: @0:1 block return-rst in",
     1, 0),
    ("the statistics say that nobody listens", [], "", ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", r"22: ECONNREFUSED after 0\.000 s: the stack: nobody is at that port", 1, 0),
    ("the statistics name a fault", ["--fault", "drop SYN"], "", ["telnet", "127.0.0.1", "22"],
     "Trying 127.0.0.1...\n", r"22: ETIMEDOUT after 30\.000 s: a fault: lost before LOOPBACK_OUT", 1, 30),
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
    fault("a reset in mid-request", "reset after 2 bytes from client", "104 0\nserver 104\n", 1),
    fault("a reset as soon as there is a connection", "reset after 0 bytes",
          re.compile("(server 104\n)?104 0\n"), None),
    fault("a reset after more than is sent never comes", "reset after 3001 bytes", "end 3000\n", 1),
    fault("a reset after all that is sent comes", "reset after 3000 bytes", "104 3000\n", 1),
    fault("a stall", "stall after 1000 bytes", "timed out 1000\n", 101),
    fault("a stall from the beginning", "stall after 0 bytes", "timed out 0\n", 101),
    fault("a half-open connection is told when something is sent", "close half",
          re.compile("(server 104\n)?104 0\n"), None),
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


def needs(command):
    words = command if command[0] != "sh" else re.findall(r"[a-z/][a-z0-9/.-]+", command[2])
    known = ("telnet", "nc", "busybox", "curl", "wget", "socat", "redis-server", "nginx", "node", "perl",
             "ip", PYTHON)
    return [word for word in words[:1] if command[0] != "sh" and word != "no-such-program"] + \
        [word for word in words if command[0] == "sh" and word in known]


def run(row, folder):
    """What is wrong; None: nothing."""
    name, options, rules, command, out, err, code, seconds = row
    with open(os.path.join(folder, "hello.txt"), "w", encoding="ascii") as file:
        file.write("hello\n")
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
        file.write(NGINX)
    shutil.copy(os.path.join(os.path.dirname(__file__), "sockets.py"), folder)
    with open(os.path.join(folder, "rules.conf"), "w", encoding="ascii") as file:
        file.write(ON + rules)
    done = subprocess.run([PROGRAM, "exec", "--stats", "-f", "rules.conf", *options, "--", *command],
                          cwd=folder, capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    stats = re.search(r"^lo0sim exec: ([0-9.]+) s of virtual time", done.stderr, re.M)
    wrong = []
    same = out.fullmatch(done.stdout) if isinstance(out, re.Pattern) else out == done.stdout
    if not same:
        wrong.append(f"printed {done.stdout!r}, not {out!r}")
    if not re.search(err, done.stderr):
        wrong.append(f"said {done.stderr!r}, which has no {err!r}")
    if done.returncode != code:
        wrong.append(f"ended with {done.returncode}, not {code}: {done.stderr!r}")
    if seconds is not None and (stats is None or float(stats.group(1)) != seconds):
        wrong.append(f"took {stats.group(1) if stats else '?'} s, not {seconds}")
    return f"{name}: " + "; ".join(wrong) if wrong else None


def repeated():
    """A hundred runs are the same to the byte, and so are those of several processes and threads."""
    wrong = []
    for count, name, options, command in (
            (100, "telnet", ["-v"], ["telnet", "localhost", "22"]),
            (10, "two programs", ["-v"],
             ["sh", "-c", "nc -l 127.0.0.1 8080 > /dev/null & sleep 1; echo hello | nc -N 127.0.0.1 8080; "
              "wait"]),
            (10, "two threads and a fault", ["-v", "--fault", "reset after 2 bytes from client"],
             [PYTHON, "-c", ASKED]),
            (10, "three programs", ["-v"],
             ["sh", "-c", PYTHON + " -m http.server -b 127.0.0.1 8000 >/dev/null 2>&1 & sleep 2; "
              "curl -sS http://127.0.0.1:8000/none & wget -q -O - http://127.0.0.1:8000/none; wait %2"])):
        if any(shutil.which(word) is None for word in needs(command)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            seen = {subprocess.run([PROGRAM, "exec", *options, "--", *command], cwd=folder,
                                   capture_output=True, timeout=60, check=False,
                                   stdin=subprocess.DEVNULL).stderr for _ in range(count)}
        if len(seen) != 1:
            wrong.append(f"{count} runs of {name} give {len(seen)} traces")
    return wrong


def outside():
    """What of the real machine's network strace sees of a run: nothing but UNIX sockets."""
    if shutil.which("strace") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "strace")
        done = subprocess.run(["strace", "-f", "-o", log, "-e", "trace=socket,connect,sendto,sendmsg",
                               PROGRAM, "exec", "--", "telnet", "127.0.0.1", "22"], capture_output=True,
                              text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        if "ptrace" in done.stderr:
            return []
        with open(log, encoding="utf-8") as file:
            lines = file.readlines()
    # What the supervisor answers strace shows as a call, too: its result is no kernel's socket.
    return [f"strace of a run has {line.strip()}" for line in lines
            if re.search("AF_PACKET|AF_VSOCK", line)]


def left():
    """Nothing remains of a run that is killed, interrupted, or ends before its children."""
    wrong = []
    mark = f"{98765 + os.getpid()}"
    script = f"sleep {mark} & sleep {mark} & "
    for name, signal_number, code, tail in (("ends before its children", None, 5, "exit 5"),
                                            ("crashes", None, 139, "kill -SEGV $$"),
                                            ("gets ^C", 2, 130, "read line"),
                                            ("gets SIGTERM", 15, 143, "read line"),
                                            ("is killed with its supervisor", 9, -9, "read line")):
        run_of = subprocess.Popen([PROGRAM, "exec", "--", "sh", "-c", script + "echo ready; " + tail],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        run_of.stdout.readline()
        if signal_number is not None:
            run_of.send_signal(signal_number)
        try:
            run_of.wait(20)
        except subprocess.TimeoutExpired:
            wrong.append(f"a run that {name} does not end")
            run_of.kill()
            run_of.wait()
        if run_of.returncode != code:
            wrong.append(f"a run that {name} ends with {run_of.returncode}, not {code}")
        run_of.communicate()
        end = time.monotonic() + 5
        while time.monotonic() < end and remains(mark):
            time.sleep(0.05)
        if remains(mark):
            wrong.append(f"a run that {name} leaves processes")
    return wrong


def remains(mark):
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", encoding="utf-8") as file:
                if name.isdigit() and file.read().split("\0")[:2] == ["sleep", mark]:
                    return True
        except OSError:
            continue
    return False


def unprivileged():
    """Who is not root is served alike."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return []
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", PROGRAM, "exec",
                           "--", PYTHON, "-c", CONNECT % "None"], cwd="/", capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 126 or "ermission denied" in done.stderr and "setpriv" in done.stderr:
        return []  # the build tree is not everybody's
    return [] if done.stdout == "ConnectionRefusedError 111 0.0\n" else [f"unprivileged: {done}"]


REFUSED = """test("t", function(box)
  %s
end)
"""
# options, what the test does, exit code, what is said
SCRIPTS = [
    ([], 'box:exec{ "true" }', 2, r"t\.lua:2: box:exec runs .*`lo0sim run --allow-exec` allows it"),
    (["--allow-exec"], 'box:exec{ "sh", "-c", "wait; read x < /proc/self/fd/0; :" }:wait()', 0, "1 passed"),
    (["--allow-exec"], f'box:exec{{ "{PYTHON}", "-c", '
     '"import socket; socket.create_server((\'127.0.0.1\', 7)).accept()" }:wait()', 1,
     r"(?s)deadlock.*main waits in program:wait at t\.lua:2\n +python3 waits in accept4\(\)"),
    (["--allow-exec", "--max-wall", "1"], 'box:exec{ "sh", "-c", "while :; do :; done" }:wait()', 3, "--max-wall"),
    (["--allow-exec", "--fault", "reset after 0 bytes"], 'box:spawn("s", function() box:listen(7):accept() end)\n'
     f'local _, out = box:exec{{ "{PYTHON}", "-c", [[\nimport socket\n'
     "try: socket.create_connection(('127.0.0.1', 7)).recv(1)\nexcept OSError as e: print(e.errno)\n]] }:wait()\n"
     'expect.eq(out, "104\\n")', 0, "1 passed"),
    (["--allow-exec", "-v"], 'box:exec{ "sh", "-c", "exit 4" }:wait()', 0,
     r"main +exec sh -c exit 4\n +note +sh ended with 4"),
    (["--allow-exec", "--check-determinism"], 'local _, out = box:exec{ "sh", "-c", "echo $LC_ALL" }:wait()\n'
     'box:note("in " .. out:sub(1, -2))', 3, r"(?s)DIFFER.*Programs take from the machine: process numbers"),
]


def scripts():
    """Programs in scenarios."""
    wrong = []
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(here, "programs.lua"), folder)
        done = subprocess.run([PROGRAM, "run", "--allow-exec", "programs.lua"], cwd=folder, capture_output=True,
                              text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            wrong.append(f"programs.lua: {done.stdout}{done.stderr}")
        for options, text, code, said in SCRIPTS:
            with open(os.path.join(folder, "t.lua"), "w", encoding="utf-8") as file:
                file.write(REFUSED % text)
            done = subprocess.run([PROGRAM, "run", *options, "t.lua"], cwd=folder, capture_output=True,
                                  text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
            if done.returncode != code or not re.search(said, done.stdout + done.stderr):
                wrong.append(f"{text}: exit {done.returncode}, not {code}: {done.stdout}{done.stderr}")
    return wrong


def main():
    probe = subprocess.run([PROGRAM, "exec", "--", "true"], capture_output=True, text=True,
                           check=False)
    if probe.returncode == 2 and "seccomp" in probe.stderr:
        print(probe.stderr.strip())
        return 77
    passed, wrong, skipped = 0, [], []
    for row in ROWS:
        if ONLY is not None and ONLY not in row[0]:
            continue
        missing = [word for word in needs(row[3]) if shutil.which(word) is None]
        if missing:
            skipped.append(f"{row[0]}: there is no {missing[0]}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            what = run(row, folder)
        if what is None:
            passed += 1
        else:
            wrong.append(what)
    for check in (repeated, outside, left, unprivileged, scripts):
        if ONLY is None or ONLY == check.__name__:
            what = check()
            passed += not what
            wrong += what
    for line in wrong + [f"skipped: {line}" for line in skipped]:
        print(line)
    print(f"{passed} passed, {len(wrong)} failed, {len(skipped)} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
