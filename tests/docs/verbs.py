# SPDX-License-Identifier: BSD-3-Clause
"""The verbs of the program, from its tables, and how docs/scripting.md writes them."""
import re

# A table of verbs, and the word that they follow; the box and remote hosts share some.
PREFIX = {"box_verbs": "box:", "host_verbs": "box: remote:", "process_verbs": "process:",
          "program_verbs": "program:",
          "socket_verbs": "sock:", "listener_verbs": "listener:", "hook_verbs": "hook:",
          "udp_verbs": "udp:", "verbs": "expect."}


def rows(source):
    """("box:filter", "box_filter_verb", "rules: string|table") and so on: the rows of the tables."""
    for path in sorted((source / "sim").rglob("lua_*.c")):
        tables = re.findall(r"sandbox_verb_t (\w+)\[\] = \{(.*?)\};", path.read_text(), re.S)
        for name, body in tables:
            if name in PREFIX:
                body = re.sub(r'"\s+"', "", body)
                for verb, function, takes in re.findall(r'\{"(\w+)", (\w+),\s*"([^"]*)"\}', body):
                    for prefix in PREFIX[name].split():
                        yield prefix + verb, function, takes


def of_source(source):
    """{"box:filter": "box_filter_verb", ...}: each verb and its C function; None: another place."""
    found = {"test": None, "include": None}
    found.update((verb, function) for verb, function, _ in rows(source))
    return found


def of_headings(document):
    """{"box:connect": ["address", "port"], "remote:connect": None, ...}: each verb that a heading
    has, with its parameters where they are said."""
    found = {}
    for heading in re.findall(r"^### (.*)", document, re.M):
        for code in re.findall(r"`([^`]+)`", heading):
            name, has, parameters = code.partition("(")
            words = re.findall(r"\.\.\.|\w+", parameters)
            found[name] = words if has else None
    return found
