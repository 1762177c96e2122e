# SPDX-License-Identifier: BSD-3-Clause
"""Random programs on both sides: played, compared, and a difference made short."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import box_player
import generate
import normal
import program
import shrink

HERE = pathlib.Path(__file__).parent
AT_ONCE = 4
AGAIN = 2  # how often a program that differs is asked again: a busy machine is no other kernel
PROGRAM_S = 5


class KernelFailed(Exception):
    pass


def kernel_command():
    """The kernel's player; who is not root gets a user namespace, too."""
    user = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
    return [*user, sys.executable, "-B", str(HERE / "kernel_player.py")]


def play_share(programs):
    text = "".join(program.text_of(calls) + "\n" for calls in programs)
    done = subprocess.run(kernel_command(), input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, timeout=60 + PROGRAM_S * len(programs))
    if done.returncode != 0:
        raise KernelFailed(done.stderr.strip().split("\n")[-1])
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask_kernel(programs):
    """=> The answers of each program as text, one for each call."""
    shares = [programs[i::AT_ONCE] for i in range(AT_ONCE)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda share: play_share(share) if share else [], shares))
    return [normal.of(done[i % AT_ONCE][i // AT_ONCE]) for i in range(len(programs))]


def ask_box(lo0sim, programs, in_one_test=box_player.IN_ONE_TEST):
    return [normal.of(answers) for answers in box_player.play(lo0sim, programs, in_one_test)]


def compare(lo0sim, programs):
    """=> (the kernel's answers, the box') of each program. Where they differ the kernel is asked
    again: what it answers then counts, if it is the box' answer."""
    box, kernel = ask_box(lo0sim, programs), ask_kernel(programs)
    for _again in range(AGAIN):
        differ = [i for i in range(len(programs)) if box[i] != kernel[i]]
        for i, answers in zip(differ, ask_kernel([programs[i] for i in differ])):
            kernel[i] = answers
    return list(zip(kernel, box))


def shorten(lo0sim, calls):
    def which_differ(programs):
        return [kernel != box for kernel, box in compare(lo0sim, programs)]
    return shrink.shortest(calls, which_differ)


def table(calls, kernel, box):
    """Both sides' answers, a line for each call."""
    rows = [(" ".join(words), *pair) for words, *pair in zip(calls, kernel, box)]
    widths = [max(len(row[i]) for row in [*rows, ("call", "kernel", "")]) for i in (0, 1)]
    yield f"    {'call'.ljust(widths[0])}  {'kernel'.ljust(widths[1])}  lo0sim"
    for call, left, right in rows:
        mark = "" if left == right else "   <--"
        yield f"    {call.ljust(widths[0])}  {left.ljust(widths[1])}  {right}{mark}"


def programs_of(seed, count):
    return [generate.program(f"{seed}/{i}") for i in range(count)]
