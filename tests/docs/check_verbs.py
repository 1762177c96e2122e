#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that every verb of the program, and nothing else, has a heading and an example in
docs/scripting.md, and a line in lo0sim-scripting(7).

    check_verbs.py SOURCE
"""
import pathlib
import re
import sys

import verbs as program

source = pathlib.Path(sys.argv[1])
verbs = set(program.of_source(source))
document = (source / "docs/scripting.md").read_text()

described = set(program.of_headings(document))
for section in re.split(r"^### ", document, flags=re.M)[1:]:
    heading = section.split("\n", 1)[0]
    for verb in set(re.findall(r"`([\w:.]+)", heading)) & verbs:
        call = ":" + verb.split(":")[1] if ":" in verb else verb
        if not re.search(r"```lua.*?" + re.escape(call) + r"\b.*?```", section, re.S):
            sys.exit(f"docs/scripting.md: {verb} has no example")

page = (source / "share/man/lo0sim-scripting.7.scd").read_text()
listed = set(re.findall(r"\*([\w:]+(?:\.\w+)?)\*\(", page)) - {"lo0sim"}
for name, found in (("docs/scripting.md", described), ("lo0sim-scripting(7)", listed)):
    if verbs - found:
        sys.exit(f"{name} does not describe: " + ", ".join(sorted(verbs - found)))
    if found - verbs:
        sys.exit(f"{name} describes what is none: " + ", ".join(sorted(found - verbs)))
print(f"{len(verbs)} verbs")
