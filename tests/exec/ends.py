# SPDX-License-Identifier: BSD-3-Clause
"""Programs that end in the middle of a call: rows for check_exec.py. The peer sees what it would on
Linux, the trace says in which call the program was, and the exit code is right."""
import re

from rows import PYTHON

# A server of one client, that says what it hears of it.
SERVER = PYTHON + """ -c '
import socket
peer = socket.create_server(("127.0.0.1", 8000)).accept()[0]
peer.sendall(b"hello")
try:
    while data := peer.recv(100): print("got", len(data), flush=True)
    print("end", flush=True)
except OSError as error: print("errno", error.errno, flush=True)
' &
server=$!
sleep 1
"""


def client(last):
    """One that does this at last."""
    return PYTHON + f""" -c '
import ctypes, os, signal, socket
peer = socket.create_connection(("127.0.0.1", 8000))
peer.sendall(b"x")
{last}
'"""


WAITS = "peer.recv(5, socket.MSG_WAITALL); peer.recv(5)"
READ = "peer.recv(5, socket.MSG_WAITALL); "

ROWS = [
    ("a client that is killed in recv", ["--era", "linux", "-v"], "",
     ["sh", "-c", SERVER + client(WAITS) + " & client=$!; sleep 1; kill -9 $client; wait $client; echo client $?; "
      "wait $server; exit 7"],
     "got 1\nend\nclient 137\n",
     r"(?s)python3\.2 ended in recvfrom\(\)\n.*python3 +recv: end of the stream\n", 7, 2),
    ("a client that leaves data unread is a reset", ["--era", "linux", "-v"], "",
     ["sh", "-c", SERVER + client("import time; time.sleep(100)") + " & client=$!; sleep 1; kill -9 $client; "
      "wait $server; exit 7"],
     "got 1\nerrno 104\n", r"(?s)python3\.2 +close\n.*python3 +recv: ECONNRESET", 7, 2),
    ("a client that crashes", ["--era", "linux", "-v"], "",
     ["sh", "-c", SERVER + client(READ + "ctypes.string_at(0)") + "; echo client $?; wait $server"],
     "got 1\nclient 139\nend\n", r"python3\.2 +close\n", 0, 1),
    ("a client that aborts", ["--era", "linux", "-v"], "",
     ["sh", "-c", SERVER + client(READ + "os.abort()") + "; echo client $?; wait $server"],
     "got 1\nend\nclient 134\n", r"python3\.2 +close\n", 0, 1),
    ("a server that is left", ["--era", "linux", "-v"], "",
     ["sh", "-c", SERVER + client(READ + "os.write(1, b\"done\\n\")") +
      " & wait $!; " + PYTHON + " -c 'import socket; socket.create_server((\"127.0.0.1\", 9)).accept()' & sleep 1; exit 5"],
     re.compile("(?s).*done\n.*"), r"(?s)note +python3\.3 ended in accept4\(\)\n +python3\.3 +close\n", 5, 2),
    ("the program itself is killed in accept", ["-v"], "",
     ["sh", "-c", "(sleep 3; kill -9 $$) & exec " + PYTHON +
      " -c 'import socket; socket.create_server((\"127.0.0.1\", 9)).accept()'"],
     "", r"note +python3 ended in accept4\(\)\n", 137, 3),
    ("a handler ends a program in accept", [], "",
     ["sh", "-c", "(sleep 3; kill -TERM $$) & exec " + PYTHON + " -c 'import signal, socket, sys\n"
      "signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))\nsocket.create_server((\"127.0.0.1\", 9)).accept()'"],
     "", "", 4, 3),
    ("a thread that crashes ends them all", ["-v"], "",
     [PYTHON, "-c", "import ctypes, socket, threading, time\nlistener = socket.create_server((\"127.0.0.1\", 9))\n"
      "def crash(): time.sleep(3); ctypes.string_at(0)\nthreading.Thread(target=crash).start()\nlistener.accept()"],
     "", r"note +python3 ended in accept4\(\)\n", 139, 3),
]
