#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that no headline work costs more than before: its instructions, as a ratio to bare lwIP's
in the same run, are at most 5 % above the recorded ratio (ratios.json). It compares ratios because
the counts themselves change with the compiler and the C library.

    check_ratios.py BUILD COMPILER [--record]
"""
import argparse
import json
import pathlib
import sys

import counting

RECORDED = pathlib.Path(__file__).resolve().parent / "ratios.json"
MOST = 1.05


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("compiler")
    parser.add_argument("--record", action="store_true", help="take what is measured as the new ratios")
    args = parser.parse_args()
    recorded = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    known = recorded.setdefault(args.compiler, {})
    bare = {work.name: counting.instructions(args.build, work) for work in counting.BARE}
    failed = False
    for work in counting.WORKS:
        ratio = counting.instructions(args.build, work) / bare[work.base]
        before = known.get(work.name)
        failed = failed or before is None or ratio > before * MOST
        print(f"{work.name:<14} {ratio:6.3f} times {work.base}; recorded: {before}")
        if args.record:
            known[work.name] = round(ratio, 3)
    if args.record:
        RECORDED.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    if failed:
        print(f"a work costs over {MOST:.2f} times what is recorded in bench/ratios.json")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
