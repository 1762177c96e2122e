# SPDX-License-Identifier: BSD-3-Clause
"""A box is a value: what can be written and belongs to no box is named in one list, with a reason.

    statics.py [--stale] BUILD LIST FOLDER...

Compares the variables in .data and .bss of the folders' objects with LIST, whose lines are
`SOURCE VARIABLE REASON`; with --stale a line for a variable that there is not is told, too (a
compiler that optimises may leave some out). It runs in the source tree. lwIP's own are in sections of their own
(cmake/lwip.cmake), and a host has an image of them.
"""
import re
import subprocess
import sys

from circles import objects

# gcc calls a variable inside a function NAME.NUMBER, clang FUNCTION.NAME.
WRITABLE = re.compile(r"^[0-9a-f]+ .{7} (?:\.data|\.bss|\.tdata|\.tbss|\*COM\*)\S*\t"
                      r"[0-9a-f]+ (?:\.hidden )?(\S+)$")
CONSTANT = re.compile(r" \.data\.rel\.ro")


def variables(build, folders):
    for path, source in sorted(objects(build, folders)):
        listing = subprocess.run(["objdump", "-t", path], check=True, capture_output=True, text=True)
        for line in listing.stdout.splitlines():
            match = WRITABLE.match(line)
            if match and not CONSTANT.search(line) and not match[1].startswith((".", "__gcov")):
                yield source, re.sub(r"\.\d+$", "", match[1]).rsplit(".", 1)[-1]


def main():
    stale = "--stale" in sys.argv[1:2] and sys.argv.pop(1)
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    folders = [f.rstrip("/") for f in sys.argv[3:]]
    listed = {}
    with open(sys.argv[2], encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                source, name, reason = line.split(None, 2)
                listed[source, name] = reason
    found = set(variables(sys.argv[1], folders))
    faults = [f"{s}: {n} can be written and belongs to no box: put it into one, or name it, with a "
              f"reason, in {sys.argv[2]}" for s, n in sorted(found - listed.keys())]
    faults += [f"{sys.argv[2]}: {s} has no {n} any more: take out its line"
               for s, n in sorted(listed.keys() - found) if stale]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
