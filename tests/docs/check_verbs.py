#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every verb of the program has its heading and an example in docs/scripting.md, and no other has.

    check_verbs.py SOURCE
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
PREFIX = {"box_verbs": "box:", "process_verbs": "process:", "socket_verbs": "sock:",
          "listener_verbs": "listener:", "hook_verbs": "hook:", "remote_verbs": "remote:",
          "udp_verbs": "udp:", "verbs": "expect."}

verbs = {"test", "include"}
for path in sorted((source / "sim").glob("lua_*.c")):
    for name, body in re.findall(r"luaL_Reg (\w+)\[\] = \{(.*?)\};", path.read_text(), re.S):
        if name in PREFIX:
            verbs |= {PREFIX[name] + verb for verb in re.findall(r'\{"(\w+)",', body)}

described = set()
sections = re.split(r"^### ", (source / "docs/scripting.md").read_text(), flags=re.M)[1:]
for section in sections:
    heading = section.split("\n", 1)[0]
    found = set(re.findall(r"`([\w:.]+)", heading))
    described |= found
    for verb in found & verbs:
        call = ":" + verb.split(":")[1] if ":" in verb else verb
        if not re.search(r"```lua.*?" + re.escape(call) + r"\b.*?```", section, re.S):
            sys.exit(f"docs/scripting.md: {verb} has no example")

if verbs - described:
    sys.exit("docs/scripting.md does not describe: " + ", ".join(sorted(verbs - described)))
if described - verbs:
    sys.exit("docs/scripting.md describes what is none: " + ", ".join(sorted(described - verbs)))
print(f"{len(verbs)} verbs")
