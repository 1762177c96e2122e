#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Real programs in the box: `lo0sim exec`.

    check_exec.py PROGRAM HELPERS [ROW]

The rows of rows.py, matrix.py and ends.py, and what no row can say. HELPERS is the folder of the programs
calls and edges, built from the files of these names, calls*.c and edges.c. A row whose programs are missing on this
machine is skipped, and so are all rows if the kernel has no seccomp notification.
"""
import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import ends
import matrix
import repeated
from rows import CONNECT, NGINX, ON, PYTHON, ROWS

PROGRAM = os.path.abspath(sys.argv[1])
HELPERS = os.path.abspath(sys.argv[2])
ONLY = sys.argv[3] if len(sys.argv) > 3 else None
HERE = os.path.dirname(os.path.abspath(__file__))
AT_ONCE = 3  # rows


def needs(command):
    words = command if command[0] != "sh" else re.findall(r"[a-z/][a-z0-9/.-]+", command[2])
    known = ("telnet", "nc", "busybox", "curl", "wget", "socat", "redis-server", "nginx", "node", "perl",
             "ip", PYTHON)
    return [word for word in words[:1] if command[0] != "sh" and word != "no-such-program"] + \
        [word for word in words if command[0] == "sh" and word in known]


def run(row, folder):
    """What is wrong; None: nothing."""
    name, options, rules, command, out, err, code, seconds = row
    for file_name, text in (*matrix.FILES.items(), ("nginx.conf", NGINX)):
        with open(os.path.join(folder, file_name), "w", encoding="ascii") as file:
            file.write(text)
    shutil.copy(os.path.join(HERE, "sockets.py"), folder)
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


def repeats():
    """Many runs are the same to the byte, also those of several processes and threads."""
    rows = [row for row in repeated.ROWS if all(shutil.which(word) for word in needs(row[3]))]
    return repeated.differing(PROGRAM, rows)


def twice():
    """--check-determinism says that two runs are the same, or in which line they differ."""
    wrong = []
    for options, command, code, out, err in (
            ([], ["telnet", "127.0.0.1", "22"], 0,
             r"the same in two runs: exit code 1, 1 lines of output, 1 of errors, \d+ of trace\n", ""),
            (["--rule", "block in proto tcp from any to any port = 22", "--stats"], ["sh", "-c", "cat; exit 5"], 0,
             r"the same in two runs: exit code 5, 1 lines of output, 0 of errors, 2 of trace\n", ""),
            ([], ["sh", "-c", "echo a; echo $$"], 3,
             r"two runs DIFFER:\n  standard output, line 2\n    first   \d+\n    second  \d+\nPrograms take .*\n", ""),
            ([], ["sh", "-c", "exit $(($$ % 250))"], 3, r"(?s)two runs DIFFER:\n  the exit code\n.*", ""),
            ([], ["no-such-program"], 2, "", "lo0sim exec: no-such-program: cannot be run: .*\n"),
            (["--rule", "blok"], ["true"], 2, "", "(?s).*blok.*")):
        with tempfile.TemporaryFile() as lines:
            lines.write(b"a line\n")
            lines.flush()
            done = subprocess.run([PROGRAM, "exec", "--check-determinism", *options, "--", *command], stdin=lines,
                                  capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != code or not re.fullmatch(out, done.stdout) or not re.fullmatch(err, done.stderr):
            wrong.append(f"--check-determinism: {done}")
    return wrong


HAS_SOCKETS = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 8000))
client = socket.create_connection(("127.0.0.1", 8000))
six = socket.create_server(("::1", 8000), family=socket.AF_INET6)
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagram.sendto(b"x", ("127.0.0.1", 9))
for address in "10.1.2.3", "192.0.2.1", "8.8.8.8":
    try: socket.create_connection((address, 80))
    except OSError as error: print(error.errno, end=" ")
    try: datagram.sendto(b"x", (address, 53))
    except OSError as error: print(error.errno, end=" ")
print([one.fileno() for one in (listener, client, six, datagram)], flush=True)
sys.stdin.read()
"""


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def sockets_of(pid):
    """{descriptor: inode}"""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        inode = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}"))
        if inode:
            found[int(name)] = inode.group(1)
    return found


def networks():
    """The inodes of all sockets of this machine's networks."""
    found = set()
    for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "icmp", "packet"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as file:
                found.update(word for line in file for word in line.split())
        except OSError:
            continue
    return found


def outside():
    """Nothing leaves the box. A program's sockets are none of the machine's networks, and neither it nor
    lo0sim has any other; a connect to elsewhere fails in the box."""
    wrong = []
    with subprocess.Popen([PROGRAM, "exec", "--era", "linux", "--", PYTHON, "-c", HAS_SOCKETS], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as run_of:
        said = run_of.stdout.readline()
        numbers = re.fullmatch(r"(?:101 ){6}\[(\d+), (\d+), (\d+), (\d+)\]\n", said)
        program, = children_of(run_of.pid)
        has, real = sockets_of(program), networks()
        if numbers is None:
            wrong.append(f"a program's connects to elsewhere gave {said!r}")
        elif not all(int(number) in has for number in numbers.groups()):
            wrong.append(f"the sockets {numbers.groups()} are not among {has}")
        for pid in (run_of.pid, program):
            wrong += [f"descriptor {fd} is a socket of the machine's networks"
                      for fd, inode in sockets_of(pid).items() if inode in real]
        run_of.communicate()
    return wrong + traced()


def traced():
    """What strace sees lo0sim itself call: no network. The program's own calls never reach the kernel:
    that strace shows, too, by the numbers of its sockets, which lo0sim gives."""
    if shutil.which("strace") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "strace")
        done = subprocess.run(["strace", "-f", "-o", log, "-e", "trace=execve,socket,connect,bind,sendto,sendmsg,sendmmsg",
                               PROGRAM, "exec", "--", PYTHON, "-c", CONNECT % "None"], capture_output=True,
                              text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        if "ptrace" in done.stderr:
            return []
        with open(log, encoding="utf-8") as file:
            lines = [line.split(maxsplit=1) for line in file]
    own = lines[0][0] if lines else ""
    program = [line for pid, line in lines if pid != own]
    made = [int(number) for line in program for number in re.findall(r"^socket\(AF_INET.* = (\d+)$", line)]
    wrong = [f"lo0sim calls {line.strip()}" for pid, line in lines
             if pid == own and re.search("AF_INET|AF_PACKET|AF_VSOCK|AF_NETLINK", line)]
    if done.stdout != "ConnectionRefusedError 111 0.0\n" or not program:
        wrong.append(f"under strace it prints {done.stdout!r}{done.stderr!r}")
    return wrong + [f"the kernel made the socket {number}" for number in made if number < 500]


IN_ACCEPT = f"exec {PYTHON} -c 'import socket; socket.create_server((\"127.0.0.1\", 7)).accept()'"


def left():
    """Nothing remains of a run that is killed, interrupted, or ends before its children."""
    wrong = []
    mark = f"{98765 + os.getpid()}"
    script = f"sleep infinity {mark} & sleep infinity {mark} & "
    for name, signal_number, code, tail in (("ends before its children", None, 5, "exit 5"),
                                            ("crashes", None, 139, "kill -SEGV $$"),
                                            ("gets ^C", 2, 130, "read line"),
                                            ("gets ^C in accept", 2, 130, IN_ACCEPT),
                                            ("is killed with its supervisor in accept", 9, -9, IN_ACCEPT),
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
                if name.isdigit() and file.read().split("\0")[:3] == ["sleep", "infinity", mark]:
                    return True
        except OSError:
            continue
    return False


def for_everybody(folder):
    """A copy of lo0sim that everybody can run: neither the build tree nor TMPDIR is everybody's."""
    os.chmod(folder, 0o755)
    copy = os.path.join(folder, "lo0sim")
    shutil.copy(PROGRAM, copy)
    os.chmod(copy, 0o755)
    return copy


AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


def unprivileged():
    """Who is not root is served alike: rules, servers and clients, and a static program."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return []
    wrong = []
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        copy = for_everybody(folder)
        for rules, command, out, err, code in (
                ([], [PYTHON, "-c", CONNECT % "None"], "ConnectionRefusedError 111 0.0\n", "", 0),
                (["--rule", "block in proto tcp from any to any port = 22"], ["telnet", "127.0.0.1", "22"],
                 "Trying 127.0.0.1...\n", "timed out", 1),
                (["--rule", "block in proto tcp from any to any port = 22"], ["busybox", "telnet", "127.0.0.1", "22"],
                 "", "timed out", 1),
                ([], ["sh", "-c", "id -u; nc -l 127.0.0.1 80 & sleep 1; echo hello | nc -N 127.0.0.1 80; wait"],
                 "65534\nhello\n", "", 0)):
            if any(shutil.which(word) is None for word in needs(command)):
                continue
            done = subprocess.run([*AS_NOBODY, copy, "exec", *rules, "--", *command], cwd="/", capture_output=True,
                                  text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
            if (done.stdout, done.returncode) != (out, code) or err not in done.stderr:
                wrong.append(f"unprivileged: {done}")
    return wrong


def set_uid():
    """A set-uid program runs without its privileges, and that is said."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return []
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        copy = for_everybody(folder)
        who = os.path.join(folder, "who")
        shutil.copy(shutil.which("id"), who)
        os.chmod(who, 0o4755)
        done = subprocess.run([*AS_NOBODY, copy, "exec", "--", who, "-u"], cwd="/", capture_output=True, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)
    said = f"{who} is set-uid or set-gid: it runs without its privileges"
    return [] if (done.stdout, done.returncode) == ("65534\n", 0) and said in done.stderr else [f"set-uid: {done}"]


def compared(name, command, wanted):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
    with open(os.path.join(HERE, wanted), encoding="utf-8") as file:
        expected = file.read()
    if done.stdout == expected and done.returncode == 0:
        return []
    return [f"{name}: exit {done.returncode}, {done.stderr}", *difflib.unified_diff(
        expected.splitlines(), done.stdout.splitlines(), wanted, "in the box", lineterm="", n=2)]


def calls():
    """calls.out is what calls prints on Linux itself."""
    return compared("calls", [PROGRAM, "exec", "--era", "linux", "--", os.path.join(HELPERS, "calls")], "calls.out")


def edges():
    """What the box has not gets an errno each, and a line on standard error that names program and call."""
    edges_of = os.path.join(HELPERS, "edges")
    wrong = compared("edges", [PROGRAM, "exec", "--era", "linux", "--", edges_of], "edges.out")
    done = subprocess.run([PROGRAM, "exec", "--", edges_of], capture_output=True, text=True, timeout=60, check=False)
    for said in ("setsockopt(SO_REUSEPORT)", "setsockopt(SO_BINDTODEVICE)", "setsockopt(TCP_FASTOPEN)", "io_uring_setup()",
                 "socket() of family 17, type 3, protocol 0"):
        if f"lo0sim exec: edges: {said}" not in done.stderr:
            wrong.append(f"edges: nothing is said of {said}: {done.stderr}")
    return wrong


def forbidden():
    """Where the kernel has no seccomp notification, one line says so, and the exit code is 2."""
    done = subprocess.run([os.path.join(HELPERS, "edges"), "forbid", PROGRAM, "exec", "--", "true"],
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77:
        return []
    right = re.fullmatch(r"lo0sim exec: the kernel has no seccomp notification .*Function not implemented\n",
                         done.stderr)
    return [] if done.returncode == 2 and right else [f"where seccomp is forbidden: {done}"]


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
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(HERE, "programs.lua"), folder)
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


def check_row(row):
    """(what is wrong or None, why it was skipped or None)"""
    missing = [word for word in needs(row[3]) if shutil.which(word) is None]
    if missing:
        return None, f"{row[0]}: there is no {missing[0]}"
    with tempfile.TemporaryDirectory() as folder:
        return run(row, folder), None


CHECKS = (repeats, twice, outside, left, unprivileged, set_uid, scripts, calls, edges, forbidden)


def main():
    probe = subprocess.run([PROGRAM, "exec", "--", "true"], capture_output=True, text=True,
                           check=False)
    if probe.returncode == 2 and "seccomp" in probe.stderr:
        print(probe.stderr.strip())
        return 77
    passed, wrong, skipped = 0, [], []
    rows = [row for row in ROWS + matrix.ROWS + ends.ROWS if ONLY is None or ONLY in row[0]]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for what, why in pool.map(check_row, rows):
            passed += what is None and why is None
            wrong += [what] if what else []
            skipped += [why] if why else []
    for check in CHECKS:
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
