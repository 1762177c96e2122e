# SPDX-License-Identifier: BSD-3-Clause
"""Programs in boxes of the era `linux`: play.lua plays them, and its notes are read."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import firewall
import program

HERE = pathlib.Path(__file__).parent
NOTE = re.compile(r"^ *(?:\d+\.\d{6} +)?note +(\d+)/([=+])/(.*)$", re.M)
IN_ONE_TEST = 25


class SimulatorFailed(Exception):
    pass


def with_numbered_rules(calls):
    """=> The program's text, in which `fw` has a number, and the rules, by number, in ipf.conf."""
    rules, numbered = [], []
    for words in calls:
        if words[0] == "fw":
            rules.append(firewall.ipf(words[1:]))
            words = ["fw", str(len(rules))]
        numbered.append(words)
    return program.text_of(numbered), rules


def lua_of(number, calls):
    text, rules = with_numbered_rules(calls)
    listed = ", ".join(f'["{i}"] = [[\n{rule}\n]]' for i, rule in enumerate(rules, 1))
    return f'    {{ {number}, "{text}", {{ {listed} }} }},'


def scenario(programs, in_one_test):
    lines = ['local play = include("play.lua")', ""]
    for first in range(0, len(programs), in_one_test):
        lines += [f'test("programs from {first}", {{ eras = {{ "linux" }} }}, function(box)',
                  "  play(box, {"]
        lines += [lua_of(number, calls)
                  for number, calls in enumerate(programs)][first:first + in_one_test]
        lines += ["  })", "end)", ""]
    return "\n".join(lines)


def play(lo0sim, programs, in_one_test=IN_ONE_TEST):
    """=> The answers of each: [(result, [packet...])...]."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "programs.lua"
        shutil.copy(HERE / "play.lua", path.parent)
        path.write_text(scenario(programs, in_one_test))
        done = subprocess.run([lo0sim, "run", "-v", path.name], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            again = subprocess.run([lo0sim, "run", path.name], cwd=folder, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            raise SimulatorFailed(again.stdout)
    answers = [[] for _ in programs]
    for number, kind, text in NOTE.findall(done.stdout):
        if kind == "=":
            answers[int(number)].append((text, []))
        else:
            answers[int(number)][-1][1].append(text)
    return answers
