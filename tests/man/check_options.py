#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that `--help` and the man pages say the same: commands, options, exit codes.

    check_options.py PROGRAM FOLDER

FOLDER has lo0sim.1.scd and, for each command, lo0sim-COMMAND.1.scd. Reports all differences.
"""
import pathlib
import re
import subprocess
import sys

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
wrong = []


def output(*arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def plain(text):
    """A line of scdoc without its marks."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)[*]|(?<![\\\w])_|_(?!\w)", "", text))


def options(line):
    """`-f, --rules FILE`: {"-f": "FILE", "--rules": "FILE"}; `-i, -o` are two without arguments."""
    words = [word.split(" ", 1) for word in line.split(", ")]
    argument = words[-1][1].strip() if len(words[-1]) > 1 else ""
    return {word[0]: argument for word in words}


def of_help(text):
    found = {}
    for line in re.findall(r"^ {2,6}(-\S.*?)(?:  .*)?$", text, re.M):
        found |= options(line)
    return found


def section(page, name):
    match = re.search(rf"^# {name}\n(.*?)(?=^# |\Z)", page, re.M | re.S)
    return match.group(1) if match else ""


def of_page(page):
    found = {}
    for line in re.findall(r"^(\*-.*)$", section(page, "OPTIONS"), re.M):
        found |= options(plain(line))
    return found


def compare(name, command, helped, described):
    for option, argument in helped.items():
        if option not in described:
            wrong.append(f"{name}: `{command} --help` has {option} {argument}".rstrip() +
                         ", which has no entry under OPTIONS")
        elif described[option] != argument:
            wrong.append(f"{name}: {option} takes '{argument}' in `{command} --help`, "
                         f"'{described[option]}' here")
    for option in described.keys() - helped.keys():
        wrong.append(f"{name}: {option} is not in `{command} --help`")


def exit_codes(name, text, page):
    line = re.search(r"^exit: (.*?)(?:\n\n|\Z)", text, re.M | re.S)
    if line:
        helped = set(re.findall(r"(?:^|[\s,])([0-4])\s", line.group(1).replace(",", ", ")))
        helped |= set(re.findall(r"^([0-4]),", line.group(1)))
        described = set(re.findall(r"^\*(\d)\*$", section(page, "EXIT STATUS"), re.M))
        if helped != described:
            wrong.append(f"{name}: EXIT STATUS has {sorted(described)}, --help {sorted(helped)}")


def typed(name, text, page):
    """The commands that are typed once it runs, of shell and step."""
    helped = re.findall(r"^  ([a-z]+)(?:, [a-z])?  ", text.partition("\ncommands:\n")[2], re.M)
    described = re.findall(r"^\*([a-z]+)\*", section(page, "COMMANDS"), re.M)
    for word in sorted(set(helped) ^ set(described)):
        wrong.append(f"{name}: {word} is not in both COMMANDS and --help")


commands = re.findall(r"^  (\w+) +\S", output("--help"), re.M)
main = (folder / "lo0sim.1.scd").read_text()
listed = re.findall(r"^\*lo0sim-(\w+)\*\(1\)$", section(main, "COMMANDS"), re.M)
for command in sorted(set(listed) ^ set(commands)):
    wrong.append(f"lo0sim.1.scd: {command} is not in both COMMANDS and `lo0sim --help`")

count = 0
for command in commands:
    path = folder / f"lo0sim-{command}.1.scd"
    if not path.exists():
        wrong.append(f"{path.name}: it is missing, and `lo0sim --help` has {command}")
        continue
    text, page = output(command, "--help"), path.read_text()
    helped = of_help(text)
    count += len(helped)
    compare(path.name, f"lo0sim {command}", helped, of_page(page))
    exit_codes(path.name, text, page)
    typed(path.name, text, page)

# The eras and modes are listed only in lo0sim(1), which explains each.
for kind, title in (("eras", "ERAS"), ("modes", "REPLY MODES")):
    known = output("--words", kind).split()
    described = re.findall(r"^\*(\w+)\*$", section(main, title), re.M)
    for word in sorted(set(known) ^ set(described)):
        wrong.append(f"lo0sim.1.scd: {word} is not in both {title} and `lo0sim --words {kind}`")

for path in folder.glob("lo0sim-*.1.scd"):
    if path.name[len("lo0sim-"):-len(".1.scd")] not in commands:
        wrong.append(f"{path.name}: there is no such command")
if wrong:
    sys.exit("\n".join(wrong))
print(f"{len(commands)} commands, {count} options")
