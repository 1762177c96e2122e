# SPDX-License-Identifier: BSD-3-Clause
"""Each program in each condition: rows for check_exec.py.

A server runs on port 8000 of the box, and the program calls it: where nothing is in its way, under
`block`, `return-rst` before and since the fix, and `return-icmp`, in the era linux. There a SYN is
given up after 131 s; an ICMP error refuses a connect that does not wait at once, and one that waits
when the SYN is sent again, after a second. perl's IO::Socket then asks connect() a second time too many:
so it does on Linux.
"""
from rows import PYTHON

ON = "set intercept_loopback true;\n"


def rule(answer):
    return f"block {answer} in on lo0 proto tcp from any to any port = 8000\n"


CONDITIONS = (
    ("no rule", [], ""),
    ("block", [], rule("")),
    ("return-rst before the fix", ["--mode", "inject"], rule("return-rst")),
    ("return-rst", ["--mode", "rewrite"], rule("return-rst")),
    ("return-icmp", [], rule("return-icmp(port-unr)")),
)

# What the programs read.
FILES = {
    "hello.txt": "hello\n",
    "blocking.py": """
import socket
try:
    with socket.create_connection(("127.0.0.1", 8000)) as peer:
        print(peer.recv(10).decode(), end="")
except OSError as error:
    print(type(error).__name__, error.errno)
""",
    "streams.py": """
import asyncio
async def main():
    try:
        reader, _ = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", 8000), 20)
        print((await reader.readline()).decode(), end="")
    except (OSError, asyncio.TimeoutError) as error:
        print(type(error).__name__, getattr(error, "errno", None))
asyncio.run(main())
""",
    "net.js": """
const peer = require("net").connect(8000, "127.0.0.1");
peer.on("data", data => process.stdout.write(data)).on("error", error => console.log(error.code));
""",
    "http.js": """
const get = require("http").get("http://127.0.0.1:8000/hello.txt", { timeout: 7000 },
  answer => answer.pipe(process.stdout));
get.on("timeout", () => get.destroy(new Error("took too long")))
  .on("error", error => console.log(error.code || error.message));
""",
    "fetch.mjs": """
fetch("http://127.0.0.1:8000/hello.txt").then(answer => answer.text())
  .then(text => process.stdout.write(text)).catch(error => console.log(error.cause.code));
""",
    "client.pl": """
use IO::Socket::INET;
my $peer = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8000", Timeout => 9) or die "$!\\n";
print <$peer>;
""",
    "small.conf": """daemon off; pid nginx.pid; error_log stderr; worker_processes 2;
events {}
http { access_log off; server { listen 127.0.0.1:8000; location / { return 200 "hello\\n"; } } }
""",
}

# The servers: each is ready when the client begins, after one second or two.
SAYS = "(printf 'hello\\n' | nc -N -l 127.0.0.1 8000 >/dev/null 2>&1) & sleep 1; "
HTTP = PYTHON + " -m http.server -b 127.0.0.1 8000 >/dev/null 2>&1 & sleep 2; "
REDIS = "redis-server --port 8000 --bind 127.0.0.1 --save '' --hz 1 >/dev/null & sleep 1; "
NGINX = "nginx -p . -c small.conf 2>/dev/null & sleep 1; "
URL = "http://127.0.0.1:8000/hello.txt"


def curl(ms):
    return f"Failed to connect to 127.0.0.1 port 8000 after {ms} ms: Couldn't connect to server"


# A condition's outcome: standard output, a pattern of standard error, the exit code, seconds.
TELNET = "Trying 127.0.0.1...\n"
REFUSED = "Connection refused"
TIMED_OUT = "Connection timed out"
PYTHON_REFUSED = "ConnectionRefusedError 111\n"

# name, command, and the outcome in each condition
PROGRAMS = (
    ("telnet", SAYS + "telnet 127.0.0.1 8000 < /dev/null",
     (TELNET + "Connected to 127.0.0.1.\nEscape character is '^]'.\nhello\n", "closed by foreign host", 0, 1),
     (TELNET, TIMED_OUT, 1, 132), (TELNET, REFUSED, 1, 1), (TELNET, REFUSED, 1, 1), (TELNET, REFUSED, 1, 2)),
    ("nc", SAYS + "nc -v -d 127.0.0.1 8000",
     ("hello\n", "succeeded", 0, 1), ("", TIMED_OUT, 1, 132), ("", REFUSED, 1, 1), ("", REFUSED, 1, 1),
     ("", REFUSED, 1, 1)),
    ("curl", HTTP + "curl -sS --connect-timeout 12 " + URL,
     ("hello\n", "", 0, 2), ("", "after 12000 ms: Timeout was reached", 28, 14), ("", curl(0), 7, 2),
     ("", curl(0), 7, 2), ("", curl(0), 7, 2)),
    ("wget", HTTP + "wget -nv -T 5 -t 2 -O - " + URL,
     ("hello\n", "2009-06-16 15:30:02 URL:", 0, 2), ("", TIMED_OUT, 4, 13), ("", REFUSED, 4, 2),
     ("", REFUSED, 4, 2), ("", REFUSED, 4, 3)),
    ("python3", SAYS + PYTHON + " blocking.py",
     ("hello\n", "", 0, 1), ("TimeoutError 110\n", "", 0, 132), (PYTHON_REFUSED, "", 0, 1),
     (PYTHON_REFUSED, "", 0, 1), (PYTHON_REFUSED, "", 0, 2)),
    ("python3 asyncio", SAYS + PYTHON + " streams.py",
     ("hello\n", "", 0, 1), ("TimeoutError None\n", "", 0, 21), (PYTHON_REFUSED, "", 0, 1),
     (PYTHON_REFUSED, "", 0, 1), (PYTHON_REFUSED, "", 0, 1)),
    ("python3 http.server", HTTP + "busybox wget -q -O - " + URL,
     ("hello\n", "", 0, 2), ("", TIMED_OUT, 1, 133), ("", REFUSED, 1, 2), ("", REFUSED, 1, 2),
     ("", REFUSED, 1, 3)),
    ("perl", SAYS + "perl client.pl",
     ("hello\n", "", 0, 1), ("", TIMED_OUT, 110, 10), ("", REFUSED, 111, 1), ("", REFUSED, 111, 1),
     ("", "Operation already in progress", 114, 1)),
    ("socat", SAYS + "socat -u TCP:127.0.0.1:8000,connect-timeout=8 -",
     ("hello\n", "", 0, 1), ("", TIMED_OUT, 1, 9), ("", REFUSED, 1, 1), ("", REFUSED, 1, 1),
     ("", REFUSED, 1, 1)),
    ("redis", REDIS + "redis-cli -p 8000 ping", # which calls twice
     ("PONG\n", "", 0, 1), ("", TIMED_OUT, 1, 263), ("", REFUSED, 1, 1), ("", REFUSED, 1, 1),
     ("", REFUSED, 1, 1)),
    ("nginx", NGINX + "curl -sS --max-time 10 " + URL,
     ("hello\n", "", 0, 1), ("", "timed out after 10000 milliseconds", 28, 11), ("", curl(0), 7, 1),
     ("", curl(0), 7, 1), ("", curl(0), 7, 1)),
    ("node net", SAYS + "node net.js",
     ("hello\n", "", 0, 1), ("ETIMEDOUT\n", "", 0, 132), ("ECONNREFUSED\n", "", 0, 1),
     ("ECONNREFUSED\n", "", 0, 1), ("ECONNREFUSED\n", "", 0, 1)),
    ("node http", HTTP + "node http.js",
     ("hello\n", "", 0, 2), ("took too long\n", "", 0, 9), ("ECONNREFUSED\n", "", 0, 2),
     ("ECONNREFUSED\n", "", 0, 2), ("ECONNREFUSED\n", "", 0, 2)),
    ("node fetch", HTTP + "node fetch.mjs", # its time-out is some half second coarse
     ("hello\n", "", 0, 2), ("UND_ERR_CONNECT_TIMEOUT\n", "", 0, None), ("ECONNREFUSED\n", "", 0, 2),
     ("ECONNREFUSED\n", "", 0, 2), ("ECONNREFUSED\n", "", 0, 2)),
)

ROWS = [(f"{name}, {condition}", ["--era", "linux", *options], rules, ["sh", "-c", command], *outcome)
        for name, command, *outcomes in PROGRAMS
        for (condition, options, rules), outcome in zip(CONDITIONS, outcomes)]
