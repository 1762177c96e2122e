#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what docs/post.md says.

    check_post.py SOURCE

Each claim has a command with its output (run_document.py runs it), and names sections of facts.md,
which name it; its counts of lines of code are correct. Reports everything that is wrong.
"""
import pathlib
import re
import sys

SOURCE = pathlib.Path(sys.argv[1])
wrong = []


def anchor(title):
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def lines_of_code(path):
    """Those that are neither blank nor comment."""
    text = re.sub(r"/\*.*?\*/", "", (SOURCE / path).read_text(), flags=re.S)
    return sum(line.strip() != "" for line in text.split("\n"))


def sections(text):
    """Yields (title, text) of each heading."""
    parts = re.split(r"^#+ (.*)$", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


post = (SOURCE / "docs/post.md").read_text()
facts = {anchor(title): text for title, text in sections((SOURCE / "docs/facts.md").read_text())}
claims = [(title, text) for title, text in sections(post) if re.match(r"\d+\. ", title)]
if [int(title.split(".")[0]) for title, _ in claims] != list(range(1, len(claims) + 1)):
    wrong.append("the claims are not numbered from 1")
for title, text in claims:
    if "```console\n$ lo0sim " not in text:
        wrong.append(f"{title}: no command shows it")
    names = re.findall(r"\(facts\.md#([\w-]+)\)", text)
    if not names:
        wrong.append(f"{title}: it names no section of facts.md")
    for name in names:
        if name not in facts:
            wrong.append(f"{title}: there is no section {name} in facts.md")
        elif f"(post.md#{anchor(title)})" not in facts[name]:
            wrong.append(f"{title}: section {name} of facts.md does not name it")
counted = re.findall(r"`((?:filter|stack)/\w+\.c`) (\d+)", post)
if not counted:
    wrong.append("no lines of code are counted")
for path, count in counted:
    actual = lines_of_code(path.rstrip("`"))
    if actual != int(count):
        wrong.append(f"{path} has {actual} lines of code, not {count}")
for total, members in ((r"the fix needs (\d+)", "fr_make"), (r"build need (\d+)", "fr_send")):
    said = re.search(total, " ".join(post.split()))
    parts = sum(int(count) for path, count in counted if members in path)
    if said is None or int(said.group(1)) != parts:
        wrong.append(f"the sum of {members} is {parts}")
if wrong:
    sys.exit("\n".join(wrong))
print(f"{len(claims)} claims")
