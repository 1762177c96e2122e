#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that what CONTRIBUTING.md names exists: files, folders, commands with their options,
presets, tests.

    check_contributing.py SOURCE BUILD
"""
import json
import pathlib
import re
import subprocess
import sys


def problems(source, build):
    text = (source / "CONTRIBUTING.md").read_text()
    presets = {p["name"] for p in json.loads((source / "CMakePresets.json").read_text())["configurePresets"]}
    tests = subprocess.run(["ctest", "--test-dir", build, "-N"], capture_output=True, text=True,
                           check=True).stdout
    for name in re.findall(r"\]\(([\w./-]+)\)", text):
        if not (source / name).exists():
            yield f"no file {name}"
    for name in re.findall(r"`([\w./-]+/[\w./-]*|\.?[\w-]+\.\w+)`", text):
        if not (source / name).exists() and not re.search(rf"#\d+: {re.escape(name)}$", tests, re.M):
            yield f"no file, folder or test {name}"
    for name in re.findall(r"the preset `([\w.-]+)`", text):
        if name not in presets:
            yield f"no preset {name}"
    for line in re.findall(r"^(script/.*?)(?:  |$)", text, re.M):
        script, *arguments = line.split()
        if not (source / script).is_file():
            yield f"no command {script}"
            continue
        usage = (source / script).read_text()
        for option in arguments:
            if option.startswith("--") and option not in usage:
                yield f"{script} has no option {option}"
    for command, option in re.findall(r"`lo0sim (\w+) (--[\w-]+)", text):
        done = subprocess.run([build / "lo0sim", command, "--help"], capture_output=True, text=True,
                              check=False)
        if option not in done.stdout:
            yield f"lo0sim {command} has no option {option}"


def main():
    source, build = map(pathlib.Path, sys.argv[1:])
    found = list(problems(source, build))
    for problem in found:
        print(f"CONTRIBUTING.md: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
