#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads what lo0sim writes for other programs with other programs.

    check_formats.py --lo0sim PROGRAM --source FOLDER

All scenarios, and a file whose tests end in every way, with strings that are no UTF-8: the JSON lines
are validated against docs/jsonl.schema.json, JUnit's XML against junit.xsd (xmllint), TAP is parsed,
and all formats agree on how each test ended.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import jsonschema

EVERY_WAY = b"""
test("passes", { tags = { "quick", "net" } }, function(box) box:connect("127.0.0.1", 22) end)
test("fails <&> # \\\\ \xff \x01 \xe2\x82\xac", function(box)
  box:spawn("p\xfe", function() end)
  box:connect("127.0.0.1", 22)
  expect.eq("]]>\\0\xff", "\\27[0m")
end)
test("is mistaken", function(box) box:conect() end)
test("says something indented", function() error("  indented\\n  twice", 0) end)
test("begins with an empty line", function() error("\\nthe second", 0) end)
test("is skipped", { skip = "for \xff <reason> #1" }, function() end)
"""

STATUS_OF_TAP = {"ok": "passed", "not ok": "failed"}


class Checker:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.validated = set()
        self.source = pathlib.Path(args.source)

    def run(self, *options, cwd=None):
        done = subprocess.run([self.args.lo0sim, "run", *options], cwd=cwd or self.folder, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.returncode, done.stdout

    def run_text(self, *options):
        code, output = self.run(*options)
        return code, output.decode("utf-8")

    def jsonl(self, cwd, files):
        """Every line of every test's file, by the schema and in its order."""
        schema = json.loads((self.source / "docs/jsonl.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        out = self.folder / "jsonl"
        for file in files:
            (out / pathlib.Path(file).stem).mkdir(parents=True)
        self.run("--jsonl", f"{out}/%f/%t.jsonl", *files, cwd=cwd)
        events, seen = 0, set()
        for file in files:
            written = sorted((out / pathlib.Path(file).stem).iterdir())
            if not written:
                sys.exit(f"{file}: nothing was written")
            for path in written:
                more, stations = self.jsonl_file(validator, path)
                events += more
                seen |= stations
        return events, seen

    def jsonl_file(self, validator, file):
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        name = f"{file.parent.name}/{file.name}"
        for number, line in enumerate(lines, 1):
            # Many lines differ only in their place and time. These are counts, as in the first such
            # line.
            counts = [line.get(key, 0) for key in ("sequence", "time_us")]
            alike = json.dumps({**line, "sequence": 0, "time_us": 0, "has": sorted(line)})
            if all(type(count) is int and count >= 0 for count in counts) and alike in self.validated:
                continue
            self.validated.add(alike)
            for error in validator.iter_errors(line):
                sys.exit(f"{name}:{number}: {error.message}\n{line}")
        if [line["type"] for line in lines] != (["test"] + ["event"] * (len(lines) - 2)
                                                + ["result"]):
            sys.exit(f"{name}: not a test, its events and its result")
        if [line["sequence"] for line in lines[1:-1]] != list(range(1, len(lines) - 1)):
            sys.exit(f"{name}: the sequence has gaps")
        if lines[-1]["events"] != len(lines) - 2:
            sys.exit(f"{name}: the result has another number of events")
        for line in lines[1:-1]:
            for packet in (line[key] for key in ("packet", "before") if key in line):
                if len(packet["hex"]) != 2 * packet["length"]:
                    sys.exit(f"{name}: a packet's bytes are not as many as its length")
        return len(lines) - 2, {line["station"] for line in lines[1:-1]}

    def junit(self, paths):
        _code, text = self.run_text("--format", "junit", *paths)
        (self.folder / "junit.xml").write_text(text, "utf-8")
        done = subprocess.run(["xmllint", "--noout", "--schema",
                               str(self.source / "tests/cli/junit.xsd"), "junit.xml"],
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"junit: {done.stdout}")
        result = {}
        for suite in xml.etree.ElementTree.fromstring(text):
            cases = suite.findall("testcase")
            counts = {"tests": len(cases)}
            for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                counts[key] = sum(case.find(tag) is not None for case in cases)
            for key, count in counts.items():
                if int(suite.get(key)) != count:
                    sys.exit(f"junit: {suite.get('name')}: {key} is not {count}")
            for case in cases:
                kinds = [child.get("type", "skipped") for child in case] or ["passed"]
                result[case.get("classname") + ".lua", case.get("name")] = kinds[0]
        return result

    def tap(self, paths):
        _code, text = self.run_text("-v", "--format", "tap", *paths)
        lines = text.split("\n")
        if lines[0] != "TAP version 13" or lines.pop() != "":
            sys.exit("tap: no version, or no last newline")
        result, count, inside = [], 0, False
        for line in lines[1:]:
            point = re.match(r"(ok|not ok) ([0-9]+) - ((?:[^#\\]|\\[#\\])*?)( # SKIP .*)?$", line)
            if inside:
                inside = line != "  ..."
                if not (line == "" or line.startswith("  ")):
                    sys.exit(f"tap: outside of the block: {line}")
            elif line == "  ---":
                inside = True
            elif point:
                count += 1
                if int(point[2]) != count:
                    sys.exit(f"tap: test point {point[2]} is not {count}")
                result.append("skipped" if point[4] else STATUS_OF_TAP[point[1]])
            elif line != f"1..{count}":
                sys.exit(f"tap: what is this? {line}")
        return result

    def formats(self, paths):
        code, text = self.run_text("--format", "json", *paths)
        document = json.loads(text)
        if document["version"] != 1 or document["exit"] != code:
            sys.exit("json: the version or the exit code is wrong")
        results = [(r["file"], r["test"], r["status"]) for r in document["results"]]
        for status, count in document["counts"].items():
            if sum(r[2] == status for r in results) != count:
                sys.exit(f"json: {status} is not {count}")
        if len(set(results)) != len(results):
            sys.exit("json: a test stands there twice")
        if sorted(self.junit(paths).values()) != sorted(r[2] for r in results):
            sys.exit("junit and json differ")
        plain = ["failed" if r[2] in ("mistake", "crashed") else r[2] for r in results]
        if self.tap(paths) != plain:
            sys.exit("tap and json differ")
        return document

    def all(self):
        (self.folder / "ways.lua").write_bytes(EVERY_WAY)
        (self.folder / "broken.lua").write_bytes(b"error('no')\n")
        scenarios = str(self.source / "scenarios")
        document = self.formats(["ways.lua", "broken.lua", "missing.lua", scenarios])
        statuses = {r["status"] for r in document["results"]}
        if statuses != {"passed", "failed", "mistake", "skipped"}:
            sys.exit(f"not every way to end was there: {statuses}")
        tags = [r["tags"] for r in document["results"] if r["test"] == "passes"]
        if tags != [["quick", "net"]]:
            sys.exit(f"json: tags are {tags}")
        events, stations = self.jsonl(None, ["ways.lua"])
        more, seen = self.jsonl(scenarios, sorted(f.name for f in pathlib.Path(scenarios).glob("*.lua")))
        events += more
        stations |= seen
        print(f"{len(document['results'])} results, {events} events of {len(stations)} stations")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lo0sim", required=True, type=os.path.abspath)
    parser.add_argument("--source", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Checker(args, pathlib.Path(folder)).all()


if __name__ == "__main__":
    main()
