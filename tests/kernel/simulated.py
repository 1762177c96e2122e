# SPDX-License-Identifier: BSD-3-Clause
"""The rows in boxes of the era `linux`: a scenario is written, run, and its notes are read."""
import pathlib
import re
import shutil
import subprocess
import tempfile

from cases import PORT, RECV_S, SYN_LINEAR, SYN_RETRIES
from observation import Observation, Step

HERE = pathlib.Path(__file__).parent
NOTE = re.compile(r"^\s*(?:\d+\.\d{6}\s+)?note\s+(\d+)/(\w+)/(\S+)$")
ADDRESS = {4: "127.0.0.1", 6: "::1"}


class SimulatorFailed(Exception):
    pass


def lua(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "[[\n" + value + "]]" if "\n" in value else f'"{value}"'
    return str(value)


def step_call(step):
    *peer, verb = step[0].split()
    return f"  o:{verb}(" + ", ".join(lua(v) for v in (*peer, *step[1:])) + ")"


def scenario(number, row):
    fields = {"id": number, "proto": row.proto, "address": ADDRESS[row.family], "port": PORT,
              "recv_s": RECV_S, "listener": row.listener, "connected": row.connected}
    return "\n".join([
        f'test("{number}: {row.name}, {row.proto} over IPv{row.family}", function(box)',
        f'  box:era("linux", {{ syn_retries = {SYN_RETRIES}, syn_linear = {SYN_LINEAR} }})',
        "  local o = observe(box, {",
        "    " + ", ".join(f"{name} = {lua(value)}" for name, value in fields.items()) + ",",
        "    rules = {",
        *(f"      {lua(rules.ipf)}," for rules in row.rules),
        "    },",
        "  })",
        *(step_call(step) for step in row.steps),
        "  o:report()",
        "end)",
        ""])


def read(output, count):
    """The notes of a run => one observation for each row."""
    seen = [Observation() for _ in range(count)]
    for line in output.split("\n"):
        match = NOTE.match(line)
        if match is None:
            continue
        row, kind, text = seen[int(match.group(1))], match.group(2), match.group(3)
        if kind == "isn":
            row.isn = int(text)
        elif kind == "step":
            began, ended, verb, result = text.split("/")
            row.steps.append(Step(verb.replace("_", " "), result.replace("_", " "),
                                  float(began), float(ended)))
        else:
            at, data = text.split("/")
            row.packets.append((float(at), bytes.fromhex(data)))
    return seen


def run(program, path, *options):
    done = subprocess.run([program, "run", *options, path.name], cwd=path.parent, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def observe(program, rows, keep=None):
    """Runs all rows => their observations. `keep`: a folder for the scenario."""
    if not rows:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(keep or folder) / "rows.lua"
        shutil.copy(HERE / "observe.lua", path.parent)
        path.write_text('local observe = include("observe.lua")\n\n' +
                        "\n".join(scenario(i, row) for i, row in enumerate(rows)))
        code, output = run(program, path, "-v")
        if code != 0:
            raise SimulatorFailed(f"lo0sim run ends with {code}\n{run(program, path)[1]}")
    return read(output, len(rows))
