# SPDX-License-Identifier: BSD-3-Clause
"""Programs on both sides: played, compared, and a difference made short."""
import concurrent.futures
import json
import os
import pathlib
import secrets
import subprocess
import sys
import time

import box_player
import generate
import normal
import program
import scenario
import shrink

HERE = pathlib.Path(__file__).parent
AT_ONCE = 8  # they wait, most of the time
AGAIN = 4  # how often a program that differs is asked again: a busy machine, where retransmissions
           # come in between, is no other kernel
ALONE = 2  # the last of these times one at a time, with nothing of ours beside it
PROGRAM_S = 5
AT_MOST = 10  # differences that are made short


class KernelFailed(Exception):
    pass


# ---- both sides ----

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


def ask_kernel(programs, at_once=AT_ONCE):
    """=> The answers of each program as text, one for each call."""
    shares = [programs[i::at_once] for i in range(at_once)]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(lambda share: play_share(share) if share else [], shares))
    return [normal.of(done[i % at_once][i // at_once], calls) for i, calls in enumerate(programs)]


def ask_box(lo0sim, programs):
    return [normal.of(*pair) for pair in zip(box_player.play(lo0sim, programs), programs)]


def ask_both(lo0sim, programs):
    """=> (the kernel's answers, the box') of each program. Where they differ the kernel is asked
    again, in the end one program at a time: what it answers then counts, if it is the box'
    answer."""
    box, kernel = ask_box(lo0sim, programs), ask_kernel(programs)
    for again in range(AGAIN):
        differ = [i for i in range(len(programs)) if box[i] != kernel[i]]
        at_once = AT_ONCE if again < AGAIN - ALONE else 1
        for i, answers in zip(differ, ask_kernel([programs[i] for i in differ], at_once)):
            kernel[i] = answers
    return list(zip(kernel, box))


# ---- what is said of a difference ----

def table(calls, kernel, box):
    """Both sides' answers, a line for each call."""
    rows = [(" ".join(words), *pair) for words, *pair in zip(calls, kernel, box)]
    widths = [max(len(row[i]) for row in [*rows, ("call", "kernel", "")]) for i in (0, 1)]
    yield f"    {'call'.ljust(widths[0])}  {'kernel'.ljust(widths[1])}  lo0sim"
    for call, left, right in rows:
        mark = "" if left == right else "   <--"
        yield f"    {call.ljust(widths[0])}  {left.ljust(widths[1])}  {right}{mark}"


def shorten(lo0sim, calls):
    def which_differ(programs):
        return [kernel != box for kernel, box in ask_both(lo0sim, programs)]
    return shrink.shortest(calls, which_differ)


def print_difference(lo0sim, name, calls):
    short = shorten(lo0sim, calls)
    kernel, box = ask_both(lo0sim, [short])[0]
    print(f"\n{name} differs; the shortest that does:\n\n    {program.text_of(short)}\n")
    print("\n".join(table(short, kernel, box)))
    print(f"\nas a scenario:\n\n{scenario.of(name, short, kernel)}")


# ---- random programs ----

def programs_of(seed, count):
    return [generate.program(f"{seed}/{i}") for i in range(count)]


def run_random(lo0sim, count, seed):
    """=> How many programs differ."""
    seed = secrets.token_hex(4) if seed is None else seed
    began = time.monotonic()
    programs = programs_of(seed, count)
    answers = ask_both(lo0sim, programs)
    differ = [i for i, (kernel, box) in enumerate(answers) if kernel != box]
    for i in differ[:AT_MOST]:
        print_difference(lo0sim, f"program {i} of seed {seed}", programs[i])
    calls = sum(len(calls) for calls in programs)
    print(f"{count} programs of {calls} calls, seed {seed}: {len(differ)} differ "
          f"({time.monotonic() - began:.0f} s)")
    return len(differ)


# ---- recorded answers: a line for each program, its calls with their answers but for "ok" ----

def recorded_line(calls, answers):
    return "; ".join(" ".join(words) + (f" = {answer}" if answer != "ok" else "")
                     for words, answer in zip(calls, answers))


def read_recorded(path):
    """=> (the kernel's name, programs, their answers)."""
    kernel, *lines = pathlib.Path(path).read_text().splitlines()
    pairs = [[call.partition(" = ") for call in line.split("; ")] for line in lines]
    return (kernel.removeprefix("# "), [[call.split() for call, _is, _answer in line] for line in pairs],
            [[answer or "ok" for _call, _is, answer in line] for line in pairs])


def write_recorded(path, kernel, programs, answers):
    lines = [recorded_line(*pair) for pair in zip(programs, answers)]
    pathlib.Path(path).write_text("\n".join([f"# {kernel}", *lines]) + "\n")


def record_random(path, kernel, lo0sim, count, seed):
    """Writes down what the kernel did, of the programs in which both sides agree: a limit that is
    stated is not to be seen in every test run. => How many programs were left out."""
    programs = programs_of(seed, count)
    agreed = [(calls, one) for calls, (one, box) in zip(programs, ask_both(lo0sim, programs))
              if one == box]
    write_recorded(path, kernel, *zip(*agreed))
    return count - len(agreed)


def replay(lo0sim, path):
    """=> How many programs of a recorded file the box answers differently."""
    kernel, programs, expected = read_recorded(path)
    box = ask_box(lo0sim, programs)
    differ = [i for i in range(len(programs)) if box[i] != expected[i]]
    for i in differ[:AT_MOST]:
        print(f"line {i + 2} of {path}:")
        print("\n".join(table(programs[i], expected[i], box[i])) + "\n")
    print(f"{len(programs)} programs that {kernel} has answered, {len(differ)} differ")
    return len(differ)
