#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that scenarios/meta/lo0sim.lua, from which editors complete, agrees with the
program's sources.

    check_definitions.py SOURCE PROGRAM

Each verb is defined, and nothing else. Its parameters are those of docs/scripting.md, each with a
type, and are optional if the verb's own row says so, which refuses what it does not list. It returns
something exactly if its C function does. The fields of options, counters and packets, and the names
of eras, modes, taps and events, are those of the sources and of `lo0sim --words`. Reports all
differences.
"""
import pathlib
import re
import subprocess
import sys

import verbs as program

source = pathlib.Path(sys.argv[1])
text = (source / "scenarios/meta/lo0sim.lua").read_text()
# Not the stand-ins for what a browser does not have (sim/lab).
code = {path.name: path.read_text() for path in sorted((source / "sim").rglob("*.c")) if path.parent.name != "lab"}
wrong = []


def differ(what, said, true):
    for name in sorted(set(true) - set(said)):
        wrong.append(f"{what}: {name} is missing")
    for name in sorted(set(said) - set(true)):
        wrong.append(f"{what}: there is no {name}")


# ---- the verbs ----

EVERYTHING = "\n".join(code.values())
BODIES = {}
for _name, _body in re.findall(r"^(?:static )?int (\w+)\(lua_State \*L[^;{]*?\n{\n(.*?)^}", EVERYTHING, re.M | re.S):
    BODIES.setdefault(_name, _body)


def returns(function, known=()):
    """Whether a C function of a verb, or one that it returns, ever leaves something on Lua's stack.
    What raises an error leaves nothing."""
    if function not in BODIES:
        return False
    for value in re.findall(r"return ([^;]*);", BODIES[function]):
        if re.match(r"([1-9]|results)$", value):
            return True
        for name in re.findall(r"\b\w+\b", value):
            if name not in known and name != function and returns(name, (*known, function)):
                return True
    return False


verbs = program.of_source(source)
headings = program.of_headings((source / "docs/scripting.md").read_text())
defined = {}
functions = re.findall(r"((?:^---.*\n)*)^function ([\w.:]+)\((.*?)\) end$", text, re.M)
for block, name, parameters in functions:
    defined[name] = [word for word in re.split(r", ", parameters) if word]
    if not re.search(r"^---[A-Z]", block, re.M):
        wrong.append(f"{name}: it has no description")
    differ(f"{name}: its ---@param lines",
           re.findall(r"^---@param (\w+|\.\.\.)\??(?= \S)", block, re.M), defined[name])
    has = "---@return" in block
    if verbs.get(name) and has != returns(verbs[name]):
        wrong.append(f"{name}: it has {'a' if has else 'no'} ---@return; its C function differs")
differ("verbs", defined, verbs)
for name, _, takes in program.rows(source):
    mine = re.findall(r"(\.\.\.|\w+\??): (\w+)", re.sub(r"\{[^}]*\}", "table", takes))
    block = next((block for block, verb, _ in functions if verb == name), "")
    differ(f"{name}: what its row takes", [parameter for parameter, _ in mine],
           re.findall(r"^---@param (\w+\??|\.\.\.)(?= \S)", block, re.M))
    types = dict(re.findall(r'^---@param (\w+|\.\.\.)\?? (\w+|"(?=\w))', block, re.M))
    for parameter, kind in mine:
        said = types.get(parameter.rstrip("?"), "")
        fits = {"any": ("any", "string"), "function": ("fun",), "number": ("integer", "number", "lo0sim"),
                "port": ("integer",), "table": ("lo0sim", "string", "table"), "boolean": ("boolean",),
                "string": ("string", "lo0sim", '"')}[kind]
        if said not in fits and parameter != "...":
            wrong.append(f"{name}: {parameter} is a {kind} in its row, and {said} in the definitions")
for name, parameters in headings.items():
    mine = defined.get(name, [])
    if parameters is not None and mine not in (parameters, parameters + ["message"]):
        wrong.append(f"{name}: takes {', '.join(mine)}; in docs/scripting.md {', '.join(parameters)}")

# ---- classes and names ----

fields = {name: re.findall(r"^---@field (\w+)", block, re.M) for name, block in
          re.findall(r"^---@class lo0sim\.(\w+)\n((?:---@field.*\n)*)", text, re.M)}


def strings(expression, where):
    """The strings of an initializer; NH_X is "X" (stack/hook.h)."""
    body = re.search(expression, code[where], re.S).group(1)
    return re.findall(r'"([^"]*)"', re.sub(r"\bNH_(\w+)( \")?", lambda m: '"' + m.group(1) + (
        "" if m.group(2) else '"'), body))


options = {re.sub(r".*:", "", verb) + "_options": re.findall(r"\w+", re.search(r"\{(.*)\}", takes).group(1))
           for verb, _, takes in program.rows(source) if "{" in takes}
options["command"], options["fault"] = options.pop("exec_options"), options.pop("fault_options")
options["test_options"] = strings(r'options\[\] = \{([^}]*), NULL\};', "lua_test.c")
differ("options", [name for name in fields if name in options or name.endswith("_options")], options)
for name, names in options.items():
    differ(f"lo0sim.{name}", fields.get(name, []), names)
counters = re.findall(r'set_counter\(L, "(\w+)"', code["lua_box.c"])
direction = re.search(r"static void push_direction.*?\n}", code["lua_box.c"], re.S).group(0)
of_direction = re.findall(r'set_counter\(L, "(\w+)"', direction)
differ("lo0sim.direction_counters", fields["direction_counters"], of_direction)
differ("lo0sim.counters", fields["counters"],
       set(counters) - set(of_direction) | {"inbound", "outbound"})
differ("lo0sim.packet", fields["packet"],
       strings(r"packet_field_names\[\] = \{(.*?)NULL", "packet_fields.c"))

aliases = {name: re.findall(r'"([^"]+)"', line) for name, line in
           re.findall(r"^---@alias lo0sim\.(\w+) (.*)$", text, re.M)}
for name, kind in (("era", "eras"), ("mode", "modes"), ("tap", "taps")):
    names = subprocess.run([sys.argv[2], "--words", kind], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    # snoop's place has a second name in scripts.
    differ(f"lo0sim.{name}", aliases[name], names + ["lo0"] * (name == "tap"))
differ("lo0sim.event", aliases["event"], strings(r" events\[\] = \{(.*?)\}", "lua_hook.c"))
if wrong:
    sys.exit("\n".join(wrong))
print(f"{len(defined)} verbs, {len(fields)} classes")
