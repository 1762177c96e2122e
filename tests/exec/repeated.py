# SPDX-License-Identifier: BSD-3-Clause
"""The same bytes in each run: for check_exec.py.

The rows run beside other work, which takes the processor from them wherever it likes: what depends on
who is faster shows itself.
"""
import contextlib
import difflib
import subprocess
import tempfile

from rows import ASKED, PYTHON

# A server with a thread for each client, and a client that begins with it at one instant.
SERVER = PYTHON + """ -c '
import socket, threading
def serve(peer):
    try:
        while peer.recv(500)[-4:] != b"\\r\\n\\r\\n": pass
        peer.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 3000\\r\\n\\r\\n" + b"x" * 3000)
        peer.close()
    except OSError as error: print("server", error.errno, flush=True)
listener = socket.create_server(("127.0.0.1", 8000))
while True: threading.Thread(target=serve, args=(listener.accept()[0],)).start()
' &
server=$!
sleep 1
"""
AT_ONCE = SERVER + """
curl -sS -o /dev/null http://127.0.0.1:8000/ & all=$!
wget -nv -t 1 -O /dev/null http://127.0.0.1:8000/ 2>&1 & all="$all $!"
printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -N 127.0.0.1 8000 | wc -c & all="$all $!"
busybox wget -q -O - http://127.0.0.1:8000/ | wc -c & all="$all $!"
wait $all; echo $?; kill $server
"""
# Threads that share a lock, a queue and a server, and meet in none of the box' calls.
THREADS = """
import os, queue, socket, threading
def serve(peer):
    try:
        peer.recv(100); peer.sendall(b"x" * 3000); peer.close()
    except OSError as error: said.put("server %d" % error.errno)
def accept():
    while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
def call(number):
    count = 0
    try:
        with socket.create_connection(("127.0.0.1", 8000)) as peer:
            peer.sendall(b"hello")
            while data := peer.recv(700): count += len(data)
            said.put("%d end %d" % (number, count))
    except OSError as error: said.put("%d %s %d" % (number, error, count))
said = queue.Queue()
listener = socket.create_server(("127.0.0.1", 8000))
threading.Thread(target=accept, daemon=True).start()
for number in range(4): threading.Thread(target=call, args=(number,)).start()
for _ in range(4): print(said.get(), flush=True)
"""
# Pipes that are full, or empty, locks and signals: the kernel's own, between programs.
PIPES = """
yes | head -c 300000 | (sleep 1; wc -c)
(while read line; do echo "got $line"; done; echo end) < /dev/null
for i in 1 2 3 4; do (echo $i >> log; flock log sh -c "echo in $i >> log; echo out $i >> log") & done; wait; cat log
(trap 'echo rung; exit 3' USR1; sleep 5 & wait) & sleep 1; kill -USR1 $!; wait $!; echo $?
seq 20000 | sort -rn | tee copy | head -n 2; wc -l < copy
for i in 1 2 3; do nc -v -d 127.0.0.1 9 2>&1 & done | sort
"""
# how often, its name, options, command
ROWS = (
    (100, "telnet", ["-v"], ["telnet", "localhost", "22"]),
    (10, "two programs", ["-v"],
     ["sh", "-c", "nc -l 127.0.0.1 8080 > /dev/null & sleep 1; echo hello | nc -N 127.0.0.1 8080; wait"]),
    (10, "two threads and a fault", ["-v", "--fault", "reset after 2 bytes from client"], [PYTHON, "-c", ASKED]),
    (10, "programs at one instant", ["-v", "--era", "linux", "--fault", "reset after 2000 bytes"],
     ["sh", "-c", AT_ONCE]),
    (20, "threads with a fault", ["-v", "--era", "linux", "--fault", "reset after 2000 bytes"],
     [PYTHON, "-c", THREADS]),
    (10, "pipes, locks and signals", ["-v", "--era", "linux"], ["sh", "-c", PIPES]),
)


@contextlib.contextmanager
def other_work():
    """Two programs that never rest."""
    busy = [subprocess.Popen(["nice", "-n", "5", "sh", "-c", "while :; do :; done"]) for _ in range(2)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def run(program, options, command):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "exec", *options, "--", *command], cwd=folder, capture_output=True, text=True,
                              timeout=120, check=False, stdin=subprocess.DEVNULL)
    return f"{done.stdout}{done.stderr}exit {done.returncode}\n"


def differing(program, rows):
    """What two runs of a row differ in."""
    wrong = []
    with other_work():
        for count, name, options, command in rows:
            first = run(program, options, command)
            for _ in range(count - 1):
                other = run(program, options, command)
                if other != first:
                    lines = difflib.unified_diff(first.splitlines(), other.splitlines(), lineterm="", n=1)
                    wrong.append(f"two runs of {name} differ:\n" + "\n".join(list(lines)[:20]))
                    break
    return wrong
