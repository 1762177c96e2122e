# SPDX-License-Identifier: BSD-3-Clause
"""Who knows whom: dependencies of files and folders, from includes and from the objects' symbols.

    circles.py files BUILD FOLDER...    no circle between the objects of a folder, nor between its
                                        headers
    circles.py folders BUILD FOLDER...  each folder knows only those that are named before it; a folder
                                        inside of a named one belongs to that, unless it is named itself

It runs in the source tree. FOLDER is relative to it, BUILD is a build folder.
"""
import os
import re
import subprocess
import sys
from collections import defaultdict

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(folder):
    for where, _, names in os.walk(folder):
        yield from (os.path.join(where, n) for n in sorted(names) if n.endswith((".c", ".h")))


def objects(build, folders):
    """Each object file of these folders, with its source."""
    for top in sorted({f.split("/")[0] for f in folders}):
        for where, _, names in os.walk(os.path.join(build, top)):
            part = os.path.relpath(where, build)
            match = re.fullmatch(r"(.*?)/CMakeFiles/[^/]+\.dir(?:/(.*))?", part)
            for name in sorted(names) if match else []:
                source = os.path.join(match[1], match[2] or "", name.removesuffix(".o"))
                if name.endswith(".c.o") and os.path.exists(source):
                    yield os.path.join(where, name), source


def symbols(build, folders):
    """(source, source, symbol): the first one's object needs what the second one's defines."""
    source_of = dict(objects(build, folders))
    listing = subprocess.run(["nm", "-gA", *source_of], check=True, capture_output=True, text=True)
    defined, needed = {}, []
    for line in listing.stdout.splitlines():
        path, rest = line.split(":", 1)
        kind, name = rest.split()[-2:]
        if kind == "U":
            needed.append((source_of[path], name))
        elif kind.upper() in "TDBRVWC":
            defined[name] = source_of[path]
    return [(s, defined[n], n) for s, n in needed if defined.get(n, s) != s]


def includes(folders):
    """(file, file): the first includes the second."""
    for source in (s for f in folders for s in sources(f)):
        with open(source, encoding="utf-8") as file:
            for name in INCLUDE.findall(file.read()):
                beside = os.path.join(os.path.dirname(source), name)
                found = name if os.path.exists(name) else beside
                if os.path.exists(found):
                    yield source, os.path.normpath(found)


def circles(edges):
    """The strongly connected components of more than one node: Tarjan's, without recursion."""
    graph = defaultdict(set)
    for a, b in edges:
        graph[a].add(b)
    index, low, stack, found = {}, {}, [], []
    for root in sorted(graph):
        work = [] if root in index else [(root, None)]
        while work:
            node, rest = work.pop()
            if rest is None:
                index[node] = low[node] = len(index)
                stack.append(node)
                rest = iter(sorted(graph[node]))
            for other in rest:
                if other not in index:
                    work += [(node, rest), (other, None)]
                    break
                if other in stack:
                    low[node] = min(low[node], low[other])
            else:
                if low[node] == index[node]:
                    at = stack.index(node)
                    if len(stack) - at > 1:
                        found.append(sorted(stack[at:]))
                    del stack[at:]
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
    return found


def check_files(build, folders):
    faults = []
    for folder in folders:
        needs = [e for e in symbols(build, [folder]) if all(s.startswith(folder + "/") for s in e[:2])]
        for circle in circles((a, b) for a, b, _ in needs):
            faults.append(f"{folder}: these files need each other: {' '.join(circle)}")
            faults += [f"  {a} needs {name} of {b}" for a, b, name in needs
                       if a in circle and b in circle]
        headers = [e for e in includes([folder]) if e[0].endswith(".h")]
        faults += [f"{folder}: these headers include each other: {' '.join(c)}"
                   for c in circles(headers)]
    return faults


def check_folders(build, folders):
    def folder_of(source):
        inside = [f for f in folders if source.startswith(f + "/")]
        return max(inside, key=len, default=None)

    faults = []
    tops = sorted({f.split("/")[0] for f in folders})
    edges = [(a, b, f"includes {b}") for a, b in includes(tops)]
    edges += [(a, b, f"needs {name} of {b}") for a, b, name in symbols(build, tops)]
    for source, other, how in sorted(set(edges)):
        here, there = folder_of(source), folder_of(other)
        if here and there and folders.index(there) > folders.index(here):
            faults.append(f"{source} {how}: {here} is below {there}")
    return faults


def main():
    checks = {"files": check_files, "folders": check_folders}
    if len(sys.argv) < 4 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    folders = [f.rstrip("/") for f in sys.argv[3:]]
    missing = [f for f in folders if not os.path.isdir(f)]
    if missing or not list(objects(sys.argv[2], folders)):
        sys.exit(f"no such folder, or nothing built of it: {' '.join(missing or folders)}")
    faults = checks[sys.argv[1]](sys.argv[2], folders)
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
