#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that each scenario and test that docs/facts.md names as proof exists, and is run.

    check_facts.py SOURCE
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
text = (source / "docs/facts.md").read_text()
wrong = []


def is_run(path, test):
    """A cmocka test is a function that main() lists, too."""
    body = path.read_text()
    return len(re.findall(rf"\b{test}\b", body)) > 1


named = re.findall(r"`((?:scenarios|tests)/[\w./]+)(?::(\w+))?`", text)
for name, test in named:
    path = source / name
    if not path.is_file():
        wrong.append(f"{name} is not there")
    elif test and not is_run(path, test):
        wrong.append(f"{name} has no test {test}")
    elif path.suffix == ".lua" and not path.with_suffix(".trace").is_file():
        wrong.append(f"{name} has no golden")

for number, line in enumerate(text.splitlines(), 1):
    if line.startswith("|") and not re.match(r"\|(---| fact )", line) and "`" not in line:
        wrong.append(f"line {number}: a fact that nothing shows")

if wrong or not named:
    sys.exit("docs/facts.md: " + ("\n    ".join(sorted(set(wrong))) or "names nothing"))
print(f"{len(named)} references")
