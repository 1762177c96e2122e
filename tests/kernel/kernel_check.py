#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the common cases on this machine's Linux and in lo0sim's era `linux`, and compares.

With --random it does so with random programs of socket calls instead, and makes each that differs
as short as it can be.

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
import rows as program_rows
import simulated
from observation import Observation

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE / "random"))
import box_player  # noqa: E402
import check       # noqa: E402
import program     # noqa: E402

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


def key_of_program(row):
    return f"{row.group}: {row.name}"


def read_recorded(path, wanted, programs):
    """=> (the kernel's name, what it did of each row, its answers to each program)."""
    try:
        recorded = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Mistake(f"{path}: {error}") from None
    keys = [key(row) for _number, row in wanted] + [key_of_program(row) for row in programs]
    missing = [one for one in keys if one not in {**recorded["rows"], **recorded["programs"]}]
    if missing:
        raise Mistake(f"{path} does not have the case: {missing[0]}")
    return (recorded["kernel"],
            [Observation.from_json(recorded["rows"][key(row)]) for _number, row in wanted],
            [recorded["programs"][key_of_program(row)] for row in programs])


def write_recorded(path, kernel, seen, answers):
    """`seen`: {key: what the kernel did}; `answers`: {key: its answers}."""
    def lines(found):
        return ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in found.items())
    pathlib.Path(path).write_text(
        f'{{\n "kernel": {json.dumps(kernel)},\n "rows": {{\n{lines(seen)}\n }},\n'
        f' "programs": {{\n{lines(answers)}\n }}\n}}\n')


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
    return differ


def told(answers):
    """A program's answers in a line: what is not just ok."""
    return textwrap.shorten(" / ".join(answer for answer in answers if answer != "ok") or "ok",
                            2 * COLUMN, placeholder=" ...")


def print_programs(rows, left, right, verbose):
    """=> How many rows differ."""
    group, differ = None, 0
    width = max((len(row.name) for row in rows), default=0)
    for row, a, b in zip(rows, left, right):
        if row.group != group:
            group = row.group
            print(f"\n{program_rows.GROUPS[group]}")
        differ += a != b
        print(f"{row.name.ljust(width)}  {'same' if a == b else 'DIFFERS'}  {told(b)}")
        if verbose or a != b:
            print(f"    {row.text}")
            print("\n".join(check.table(program.calls_of(row.text), a, b)))
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
    parser.add_argument("--every", metavar="N", type=int, default=1,
                        help="only every N-th of the cases that are programs")
    parser.add_argument("--record", metavar="FILE", help="write down what the kernel did")
    parser.add_argument("--recorded", metavar="FILE",
                        help="compare with what a kernel did before; needs no namespaces")
    parser.add_argument("--scenario", metavar="FOLDER",
                        help="keep lo0sim's scenario there, to run it with lo0sim run -v")
    parser.add_argument("--random", metavar="N", type=int,
                        help="N random programs of socket calls in place of the cases")
    parser.add_argument("--seed", metavar="S", help="of the random programs; another in each run")
    parser.add_argument("--record-random", metavar="FILE",
                        help="write down the random programs and what the kernel answered")
    parser.add_argument("--replay", metavar="FILE",
                        help="compare with such a file; needs no namespaces")
    args = parser.parse_args()
    if args.random is None and (args.seed is not None or args.record_random is not None):
        raise Mistake("--seed and --record-random are for --random N")
    if args.every < 1:
        raise Mistake("--every wants a number, from 1")
    if args.random is not None and args.random < 1:
        raise Mistake("--random wants a number of programs, from 1")
    return args


def kernel_name():
    return f"Linux {os.uname().release.split('-')[0]}"


def check_random(args, lo0sim):
    if args.replay:
        try:
            return check.replay(lo0sim, args.replay)
        except (OSError, ValueError, IndexError) as error:
            raise Mistake(f"{args.replay}: {error}") from None
    reason = why_not()
    if reason is not None:
        print(f"kernel-check: skipped: {reason}")
        sys.exit(SKIPPED)
    if args.record_random:
        left_out = check.record_random(args.record_random, kernel_name(), lo0sim, args.random,
                                       args.seed or "1")
        print(f"{args.random - left_out} programs recorded, {left_out} differ and are left out")
        return 0
    return check.run_random(lo0sim, args.random, args.seed)


def main():
    args = parse_arguments()
    wanted = [(number, row) for number, row in enumerate(cases.rows()) if args.only in key(row)]
    programs = [row for row in program_rows.rows() if args.only in key_of_program(row)][::args.every]
    if not wanted and not programs:
        raise Mistake(f"no case has '{args.only}' in its name")
    if args.scenario and not os.path.isdir(args.scenario):
        raise Mistake(f"{args.scenario} is no folder")
    if not os.access(args.lo0sim, os.X_OK):
        raise Mistake("there is no lo0sim yet: cmake --workflow --preset dev")
    lo0sim = os.path.abspath(args.lo0sim)
    if args.random is not None or args.replay:
        return 1 if check_random(args, lo0sim) else 0
    reason = None if args.recorded else why_not()
    if reason is not None:
        print(f"kernel-check: skipped: {reason}")
        return SKIPPED
    right = simulated.observe(lo0sim, [row for _number, row in wanted], args.scenario)
    calls = [program.calls_of(row.text) for row in programs]
    if args.recorded:
        kernel, left, told_by_kernel = read_recorded(args.recorded, wanted, programs)
        both = list(zip(told_by_kernel, check.ask_box(lo0sim, calls)))
    else:
        kernel, left = kernel_name(), observe_kernel(wanted, right)
        both = check.ask_both(lo0sim, calls)
    if args.record:
        write_recorded(args.record, kernel,
                       {key(row): one.to_json() for (_number, row), one in zip(wanted, left)},
                       {key_of_program(row): pair[0] for row, pair in zip(programs, both)})
    differ = print_table(kernel, wanted, left, right, args.verbose) if wanted else 0
    differ += print_programs(programs, [pair[0] for pair in both], [pair[1] for pair in both],
                             args.verbose)
    print(f"\n{len(wanted) + len(programs)} rows, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main())
    except (KernelFailed, check.KernelFailed, simulated.SimulatorFailed,
            box_player.SimulatorFailed) as failure:
        sys.exit(f"kernel-check: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Mistake as mistake:
        print(f"kernel-check: {mistake}", file=sys.stderr)
        sys.exit(2)
