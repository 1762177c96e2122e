#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The same bytes everywhere: programs are run in surroundings that differ in all that must not matter.

    run_everywhere.py scripts --lo0sim PROGRAM [--once] [--update] [SCRIPT...]
    run_everywhere.py scenarios --lo0sim PROGRAM --source FOLDER

`scripts`: each script of scripts/ tries to find out something about the machine it runs on. What `run -v`
prints of it, its messages and its exit code are those of the file .out beside it, in each of the
surroundings; so builds and machines are compared, too. --update writes those files, as the first of the
surroundings has it. --once runs the scripts with "-- long" in the first of the surroundings alone. `scenarios`: the same for the scenarios, and with other numbers of jobs, in another order,
file by file.
"""
import argparse
import concurrent.futures
import ctypes
import difflib
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ADDR_NO_RANDOMIZE = 0x0040000
LIBC = ctypes.CDLL(None)
TIMEOUT_S = 300


def fixed_addresses():
    LIBC.personality(ADDR_NO_RANDOMIZE)  # where it is forbidden, they stay random: no harm


def libraries_below():
    """Without a limit of the stack the kernel lays out memory from the bottom."""
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
    os.umask(0o077)


# What is added to the environment, what is kept of it, what is done to the process, and whether it
# runs in another folder.
SURROUNDINGS = {
    "as it is": ({}, True, None, False),
    "addresses that are fixed": ({"LC_ALL": "C", "TZ": "UTC0"}, False, fixed_addresses, False),
    "another folder, locale, environment, heap and processor": (
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.ISO-8859-1", "TZ": "<+1245>-12:45", "PADDING": "x" * 100000,
         "HOME": "/dev/null/nowhere", "TERM": "dumb", "LUA_INIT": "error('no')", "LUA_PATH": "/nowhere/?.lua",
         # As on an older processor: no fused multiplication.
         "GLIBC_TUNABLES": "glibc.malloc.perturb=170:glibc.malloc.mmap_threshold=4096:"
                           "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4,-FMA_Usable,-AVX2_Usable"},
        True, libraries_below, True),
}


def run(args, words, folder, name):
    """=> Returns all that was printed, and the exit code. However busy the machine is, no wall time ends it."""
    added, keep, prepare, _ = SURROUNDINGS[name]
    environment = dict(os.environ) if keep else {"PATH": os.environ["PATH"]}
    for variable in ("LO0SIM_PADDING", "COLUMNS", "CI"):
        environment.pop(variable, None)
    environment.update(added)
    done = subprocess.run([args.lo0sim, "run", "--max-wall", str(TIMEOUT_S), *words], cwd=folder, env=environment, preexec_fn=prepare,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False)
    return b"%s\n== standard error\n%s\n== exit %d\n" % (done.stdout, done.stderr, done.returncode)


def differ(what, expected, actual):
    lines = [text.decode("utf-8", "backslashreplace").splitlines() for text in (expected, actual)]
    print(f"{what}: other bytes")
    for line in list(difflib.unified_diff(*lines, "expected", "actual", lineterm="", n=1))[:20]:
        print(f"    {line[:300]}")


def options_of(script):
    """Those in its comment, and -v unless "-- brief" says that its timeline is too long."""
    text = script.read_text(encoding="utf-8")
    found = re.search(r"^-- options: (.*)$", text, re.MULTILINE)
    return ([] if "\n-- brief\n" in text else ["-v"]) + (found.group(1).split() if found else [])


def run_script(args, script, elsewhere):
    """Whether it prints what its .out has, everywhere."""
    golden = script.with_suffix(".out")
    words = ["-j1", *options_of(script), f"scripts/{script.name}"]
    if args.update:
        golden.write_bytes(run(args, words, HERE, next(iter(SURROUNDINGS))))
    if not golden.exists():
        print(f"{golden} is missing: --update writes it")
        return False
    same = True
    once = args.once and "\n-- long\n" in script.read_text(encoding="utf-8")
    for name, (_, _, _, moves) in list(SURROUNDINGS.items())[:1 if once else None]:
        output = run(args, words, elsewhere if moves else HERE, name)
        if output != golden.read_bytes():
            differ(f"{script.name}, {name}", golden.read_bytes(), output)
            same = False
    return same


def run_scripts(args):
    scripts = sorted((HERE / "scripts").glob("*.lua"))
    if args.scripts:
        scripts = [script for script in scripts if script.stem in args.scripts]
    with tempfile.TemporaryDirectory(prefix="lo0sim ä' ") as folder:
        shutil.copytree(HERE / "scripts", pathlib.Path(folder) / "scripts")
        with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("CTEST_PARALLEL_LEVEL", 2))) as pool:
            results = list(pool.map(lambda script: run_script(args, script, folder), scripts))
    print(f"{results.count(True)} of {len(scripts)} scripts print the same in {len(SURROUNDINGS)} surroundings"
          f"{', the long ones in one' if args.once else ''}")
    return bool(results) and all(results)


def by_file(output):
    """What was printed of each file, whatever their order was."""
    parts = re.split(rb"^(?=scenarios/\S+\.lua$)", output.split(b"\n== standard error")[0], flags=re.MULTILINE)
    parts[-1] = re.sub(rb"\n\d+ passed, .*", b"", parts[-1], flags=re.DOTALL)
    return {part.split(b"\n", 1)[0]: part.rstrip() for part in parts if part.strip()}


def run_scenarios(args):
    files = sorted(f"scenarios/{path.name}" for path in (args.source / "scenarios").glob("*.lua"))
    first, *others = SURROUNDINGS
    with tempfile.TemporaryDirectory(prefix="lo0sim ä' ") as folder:
        shutil.copytree(args.source / "scenarios", pathlib.Path(folder) / "scenarios")
        expected = run(args, ["-v", "-j1", *files], args.source, first)
        same = b"== exit 0\n" in expected
        if not same:
            print(expected.decode("utf-8", "backslashreplace")[-2000:])
        for jobs, name in enumerate(others, start=2):
            where = folder if SURROUNDINGS[name][3] else args.source
            output = run(args, ["-v", f"-j{jobs * 3}", *files], where, name)
            if output != expected:
                differ(f"{name}, {jobs * 3} jobs", expected, output)
                same = False
        wanted = by_file(expected)
        turned = by_file(run(args, ["-v", "-j4", *reversed(files)], args.source, first))
        for file in sorted(set(wanted) | set(turned)):
            if wanted.get(file) != turned.get(file):
                differ(f"{file.decode()}, in another order", wanted.get(file, b""), turned.get(file, b""))
                same = False
    print(f"{len(wanted)} files, {len(expected)} bytes")
    return same and len(wanted) == len(files) > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=["scripts", "scenarios"])
    parser.add_argument("--lo0sim", required=True, type=os.path.abspath)
    parser.add_argument("--source", type=pathlib.Path)
    parser.add_argument("--once", action="store_true", help="long scripts: in the first of the surroundings alone")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("scripts", nargs="*", help="only these, without .lua")
    args = parser.parse_intermixed_args()
    good = run_scripts(args) if args.what == "scripts" else run_scenarios(args)
    sys.exit(0 if good else 1)


main()
