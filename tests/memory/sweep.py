#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Refuses lo0sim its n-th allocation, for every n, in each of its processes (refuse.c).

Right is one of two ends, and nothing else:

- the same output and exit code as with memory: what was refused was not needed;
- one line on standard error, "...out of memory", or the same in a test's report, and exit code 3;

Each time once that one alone, and once it and all later ones of the process.

    sweep.py --lo0sim PROGRAM --refuse OBJECT [--every K] [--only COMMAND] [-v]
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

RULES = """set intercept_loopback true;
block return-rst in on lo0 proto tcp from any to any port = 22
block return-icmp(port-unr) in log on lo0 proto tcp from any to any port = 23
pass in on lo0 proto tcp from any to any port = 80 flags S keep state keep frags
block in on lo0 proto udp from any to any port = 1 head 10
pass in on lo0 proto udp from any to 127.0.0.1 port = 1 group 10
"""

SCRIPT = """test("small", function(box)
  box:filter([[%s]])
  box:spawn("sshd", function() box:listen(80):accept():send("hi") end)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
  local sock = box:connect("127.0.0.1", 80)
  expect.eq(sock:recv(2), "hi")
end)
""" % RULES

SHORT = """test("short", function(box) box:ping("127.0.0.1") end)
"""

FAILS = """test("fails", function(box)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
end)
"""

PACKETS = """in on lo0 tcp 127.0.0.1,32768 127.0.0.1,22 S
in on lo0 udp 127.0.0.1,32768 127.0.0.1,1
"""

COMMANDS = {
    "connect": ["connect", "--listen", "-f", "rules.conf", "localhost", "22"],
    "ipf": ["ipf", "-nvf", "rules.conf"],
    "check": ["check", "rules.conf", "wrong.conf"],
    "ipftest": ["ipftest", "-r", "rules.conf", "-i", "packets"],
    "run": ["run", "-v", "-j", "1", "small.lua"],
    "run-fails": ["run", "-j", "1", "fails.lua"],
    "run-files": ["run", "-j", "1", "--jsonl", "out.jsonl", "-w", "out.pcapng", "short.lua"],
    "explore": ["explore", "--faults", "1", "short.lua"],
}

NO_MEMORY = ("out of memory", "no memory", "Cannot allocate memory", "not enough memory")


def write_inputs(folder):
    for name, text in (("rules.conf", RULES), ("wrong.conf", RULES + "block on\n"), ("small.lua", SCRIPT),
                       ("fails.lua", FAILS), ("short.lua", SHORT), ("packets", PACKETS)):
        (folder / name).write_text(text, encoding="utf-8")


class Sweep:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.runs = 0
        self.wrong = []

    def run(self, words, refuse, **more):
        """=> Returns (exit code, stdout, stderr)."""
        environment = {"PATH": os.environ["PATH"], "LD_PRELOAD": self.args.refuse, "REFUSE": refuse, "CI": "true",
                       "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0", **more}
        done = subprocess.run([self.args.lo0sim, *words], cwd=self.folder, env=environment, timeout=120,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.runs += 1
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def counts(self, words):
        """How many allocations the processes of each depth make, at most."""
        file = self.folder / "count"
        file.unlink(missing_ok=True)
        whole = self.run(words, "0:0", REFUSE_COUNT=str(file))
        counts = {}
        for line in file.read_text(encoding="ascii").splitlines():
            depth, count = map(int, line.split())
            counts[depth] = max(counts.get(depth, 0), count)
        return whole, counts

    def judge(self, whole, got):
        """=> Returns None, or what is wrong."""
        code, out, err = got
        if got == whole:
            return None
        told = any(word in out + err for word in NO_MEMORY)
        if code == 3:
            if not told:
                return "exit 3, and memory is not named"
            lines = err.splitlines()
            if len(lines) > 1 + len(whole[2].splitlines()):
                return "more than one line on standard error"
            return None
        if code < 0:
            return "ended by signal %d" % -code
        return "exit %d, and another output" % code

    def command(self, name):
        words = COMMANDS[name]
        whole, counts = self.counts(words)
        for depth, count in sorted(counts.items()):
            for n in range(1, count + 1, self.args.every):
                for all_later in ({}, {"REFUSE_ALL": "1"}):
                    got = self.run(words, f"{depth}:{n}", **all_later)
                    wrong = self.judge(whole, got)
                    if wrong is None:
                        continue
                    self.wrong.append((name, depth, n, bool(all_later), wrong, got))
        if self.args.verbose:
            print(name, "allocations by depth:", counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lo0sim", required=True)
    parser.add_argument("--refuse", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", choices=COMMANDS, action="append")
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    args.lo0sim, args.refuse = os.path.abspath(args.lo0sim), os.path.abspath(args.refuse)
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(args, pathlib.Path(folder))
        write_inputs(sweep.folder)
        for name in args.only or COMMANDS:
            sweep.command(name)
    for name, depth, n, all_later, wrong, got in sweep.wrong:
        print(f"{name} {depth}:{n}{' and all later' if all_later else ''}: {wrong}\n"
              f"    exit {got[0]}\n    {got[1][-300:]!r}\n    {got[2][-300:]!r}")
    print(f"{sweep.runs} runs, {len(sweep.wrong)} wrong")
    return 1 if sweep.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
