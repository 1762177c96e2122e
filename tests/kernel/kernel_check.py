#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the common cases on this machine's Linux and in lo0sim's era `linux`, and compares.

Each case has a network namespace of its own, with nothing in it but lo, and nftables' rules; it
ends with the case, and the machine's own network is not touched. What the calls return and the
packets on lo (count, order, addresses, ports, flags, relative seq and ack) must be equal, and
times those of the simulator, or late by no more than 4 % and 50 ms. tcp_syn_retries is 1 and
tcp_syn_linear_timeouts 0, on both sides.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap

import cases
import compare
import simulated
from observation import Observation

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
KERNEL = [sys.executable, "-B", str(HERE / "kernel.py")]
AT_ONCE = 4  # namespaces; most of them only wait
ROW_S = 60
AGAIN = 2
COLUMN = 39
GROUPS = {"outcomes": "outcomes on lo", "codes": "which ICMP code gives which errno",
          "replies": "where the reply itself is filtered",
          "established": "a reject that arrives on an established connection"}


def in_namespace(*argv):
    """A command in a network namespace of its own; who is not root gets a user namespace, too."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", *argv]


def last_line(text):
    lines = [line for line in text.strip().split("\n") if line]
    return lines[-1] if lines else "it says nothing"


def why_not():
    """=> Why this machine's kernel cannot be asked, or None."""
    if sys.platform != "linux":
        return f"this is {sys.platform}"
    for program, package in (("unshare", "util-linux"), ("nft", "nftables")):
        if shutil.which(program) is None:
            return f"there is no {program} (package {package})"
    for what, argv in (("no network namespace can be made", ["true"]),
                       ("what it takes does not work in a network namespace",
                        [*KERNEL, "probe"])):
        done = subprocess.run(in_namespace(*argv), stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            return f"{what}: {last_line(done.stderr)}"
    return None


class KernelFailed(Exception):
    pass


class Mistake(Exception):
    pass


def ask_kernel(number):
    done = subprocess.run(in_namespace(*KERNEL, str(number)), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=ROW_S)
    if done.returncode != 0:
        raise KernelFailed(f"case {number}: {last_line(done.stderr)}")
    return Observation.from_json(json.loads(done.stdout))


def observe_kernel(wanted, expected):
    """=> One observation for each row. One that differs only by being late is asked again, alone:
    a busy machine is no other kernel."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda pair: ask_kernel(pair[0]), wanted))
    for i, (number, _row) in enumerate(wanted):
        for _again in range(AGAIN):
            if compare.is_only_late(seen[i], expected[i]):
                seen[i] = ask_kernel(number)
    return seen


def key(row):
    return f"{row.group}: {row.name}, {row.proto} over IPv{row.family}"


def read_recorded(path, wanted):
    try:
        recorded = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Mistake(f"{path}: {error}") from None
    missing = [key(row) for _number, row in wanted if key(row) not in recorded["rows"]]
    if missing:
        raise Mistake(f"{path} does not have the case: {missing[0]}")
    return recorded["kernel"], [Observation.from_json(recorded["rows"][key(row)])
                                for _number, row in wanted]


def write_recorded(path, kernel, wanted, seen):
    rows = ",\n".join(f"  {json.dumps(key(row))}: {json.dumps(one.to_json())}"
                      for (_number, row), one in zip(wanted, seen))
    pathlib.Path(path).write_text(
        f'{{\n "kernel": {json.dumps(kernel)},\n "rows": {{\n{rows}\n }}\n}}\n')


def fold(parts):
    """A cell's lines: its parts on one line, or each on its own where they are too long."""
    line = "; ".join(parts)
    if len(line) <= COLUMN:
        return [line]
    return [text for part in parts for text in textwrap.wrap(part, COLUMN)]


def print_row(widths, cells, verdict):
    for i in range(max(len(cell) for cell in cells)):
        line = "  ".join((cell[i] if i < len(cell) else "").ljust(width)
                         for cell, width in zip(cells, widths))
        print((line + ("  " + verdict if i == 0 else "")).rstrip())


def print_table(kernel, wanted, left, right, verbose):
    """=> How many rows differ."""
    cells = [([row.name], [f"{row.proto}{row.family}"], fold(compare.summary(a)),
              fold(compare.summary(b))) for (_number, row), a, b in zip(wanted, left, right)]
    head = (["case"], [""], [kernel], ["lo0sim"])
    widths = [max(len(text) for line in [*cells, head] for text in line[i]) for i in range(4)]
    group, differ = None, 0
    print_row(widths, head, "")
    for (_number, row), line, a, b in zip(wanted, cells, left, right):
        if row.group != group:
            group = row.group
            print(f"\n{GROUPS[group]}")
        sentences = list(compare.differences(a, b))
        print_row(widths, line, "DIFFERS" if sentences else "same")
        for sentence in sentences:
            print(f"    {sentence}")
        if verbose:
            for who, seen in ((kernel, a), ("lo0sim", b)):
                print("\n".join([f"    {who}", *(f"    {text}" for text in compare.details(seen))]))
        differ += bool(sentences)
    print(f"\n{len(cells)} rows, {differ} differ")
    return differ


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="script/kernel-check", usage="script/kernel-check [OPTION...]", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit: 0 all the same, 1 a row differs, 2 a mistake on the command line,\n"
               "77 skipped: this machine has no namespaces, or no nftables")
    parser.add_argument("--lo0sim", required=True, metavar="PROGRAM",
                        help="another program than the newest of build/*/lo0sim")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="every call and every packet of every row")
    parser.add_argument("--only", metavar="TEXT", default="",
                        help="only the cases in whose name TEXT is, e.g. 'outcomes:'")
    parser.add_argument("--record", metavar="FILE", help="write down what the kernel did")
    parser.add_argument("--recorded", metavar="FILE",
                        help="compare with what a kernel did before; needs no namespaces")
    parser.add_argument("--scenario", metavar="FOLDER",
                        help="keep lo0sim's scenario there, to run it with lo0sim run -v")
    return parser.parse_args()


def main():
    args = parse_arguments()
    wanted = [(number, row) for number, row in enumerate(cases.rows()) if args.only in key(row)]
    if not wanted:
        raise Mistake(f"no case has '{args.only}' in its name")
    if args.scenario and not os.path.isdir(args.scenario):
        raise Mistake(f"{args.scenario} is no folder")
    if not os.access(args.lo0sim, os.X_OK):
        raise Mistake("there is no lo0sim yet: cmake --workflow --preset dev")
    reason = None if args.recorded else why_not()
    if reason is not None:
        print(f"kernel-check: skipped: {reason}")
        return SKIPPED
    right = simulated.observe(os.path.abspath(args.lo0sim), [row for _number, row in wanted], args.scenario)
    if args.recorded:
        kernel, left = read_recorded(args.recorded, wanted)
    else:
        kernel, left = f"Linux {os.uname().release.split('-')[0]}", observe_kernel(wanted, right)
    if args.record:
        write_recorded(args.record, kernel, wanted, left)
    return 1 if print_table(kernel, wanted, left, right, args.verbose) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main())
    except (KernelFailed, simulated.SimulatorFailed) as failure:
        sys.exit(f"kernel-check: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Mistake as mistake:
        print(f"kernel-check: {mistake}", file=sys.stderr)
        sys.exit(2)
