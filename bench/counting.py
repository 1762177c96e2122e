# SPDX-License-Identifier: BSD-3-Clause
"""The cost of a kind of work: instructions by callgrind, and processor time, each as the difference
of two runs of different lengths, so that what a process does only once cancels out.

Used by script/bench and by the test bench/ratios (check_ratios.py).
"""
import collections
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

# `args` run N pieces of the work; `base` is the work that it is compared with, or None.
Work = collections.namedtuple("Work", "name args base count timed goal")

LUA = """test('refused', function(box)
  box:filter('block return-rst in on lo0 proto tcp from any to any port = 22')
  for i = 1, {count} do box:connect('127.0.0.1', 22) end
end)
"""

BARE = [
    Work("bare-refused", ("bench/bench_path", "bare-refused"), None, 200, 20000, None),
    Work("bare-accept", ("bench/bench_path", "bare-accept"), None, 200, 5000, None),
    Work("bare-bulk", ("bench/bench_path", "bare-bulk"), None, 100, 3000, None),
]

# The goal is a ratio to the base.
WORKS = [
    Work("refused-box", ("bench/bench_connect", "refused"), "bare-refused", 200, 20000, 1.5),
    Work("refused-stack", ("bench/bench_path", "refused"), "bare-refused", 200, 20000, None),
    Work("accept-stack", ("bench/bench_path", "accept"), "bare-accept", 200, 5000, None),
    Work("accept-rule", ("bench/bench_path", "accept-filter"), "bare-accept", 200, 5000, 1.8),
    Work("timeout-30s", ("bench/bench_path", "timeout-filter"), "bare-refused", 200, 5000, None),
    Work("bulk-stack", ("bench/bench_path", "bulk"), "bare-bulk", 100, 3000, None),
    Work("bulk-rule", ("bench/bench_path", "bulk-filter"), "bare-bulk", 100, 3000, 1 / 0.7),
]

# Work that is run from Lua, in the whole program.
PROGRAM = [Work("refused-lua", None, "bare-refused", 200, 4000, 2.5)]


def has_callgrind():
    return shutil.which("valgrind") is not None


def _lua_command(build, folder, count):
    script = pathlib.Path(folder) / f"refused_{count}.lua"
    script.write_text(LUA.format(count=count), encoding="utf-8")
    return [str(build / "lo0sim"), "run", "-j1", str(script)]


def _command(build, work, count, folder):
    if work.args is None:
        return _lua_command(build, folder, count)
    return [str(build / work.args[0]), work.args[1], str(count)]


def _count_once(command):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-500:]}")
    return sum(int(number) for number in re.findall(r"Collected : (\d+)", done.stderr))


def instructions(build, work):
    """Instructions of one piece of the work."""
    with tempfile.TemporaryDirectory() as folder:
        few = _count_once(_command(build, work, work.count, folder))
        many = _count_once(_command(build, work, 2 * work.count, folder))
    return (many - few) / work.count


def seconds(command):
    """Processor time of a program."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ends with {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def microseconds(build, work):
    """Processor time of one piece of the work."""
    with tempfile.TemporaryDirectory() as folder:
        few = seconds(_command(build, work, work.timed // 10, folder))
        many = seconds(_command(build, work, work.timed, folder))
    return max(many - few, 0) * 1e6 / (work.timed - work.timed // 10)


def paired(build, work, base, rounds):
    """Medians of rounds in which both take turns: (us, us of the base, their ratio)."""
    ours, bare, ratios = [], [], []
    for _ in range(rounds):
        ours.append(microseconds(build, work))
        bare.append(microseconds(build, base))
        if bare[-1] > 0:
            ratios.append(ours[-1] / bare[-1])
    return (statistics.median(ours), statistics.median(bare),
            statistics.median(ratios) if ratios else 0)


def by_name(name):
    return next(work for work in BARE + WORKS + PROGRAM if work.name == name)
