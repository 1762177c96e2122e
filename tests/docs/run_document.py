#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs what a document shows.

    run_document.py DOCUMENT --lo0sim PROGRAM --build FOLDER --source FOLDER

Blocks, in the order in which they stand, in one empty folder with the scenarios in it:

    ```lua [fails]      a scenario: written to NAME.lua, from its first test's name, and run; it
                        passes, or with `fails` ends with 1. With `exec PROGRAM` it is allowed to
                        run programs, and is run where there is this one
    ```console          `$ COMMAND`, with a here-document or without, and what it prints, exactly;
                        a line `...` is any lines. Programs that read captures are run where
                        there are any
    ```c FILE           the source file itself, as it stands; a copy of it lies in the folder
    ```cmake            CMakeLists.txt in the folder
    ```ipf              rules that load without an error
    ```sh               commands: each is known here, and run where a test can
    ```text             a picture

Links to files lead to files. In a man page's source (.scd) a block has no language: it is a
console's.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Programs that not every machine has.
READERS = ("tshark", "tcpdump", "capinfos")
PROGRAMS = READERS + ("telnet", "nc", "curl", "pytest-3", "go", "npm", "node")
AS_ROOT = "Running as user "  # what tshark says then

FENCE = re.compile(r"^```(\S*) *(.*)$")


class Failure(Exception):
    pass


def blocks(text):
    """Yields (line, language, rest of the fence, lines)."""
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        match = FENCE.match(lines[i])
        if match:
            begin = i + 1
            i = begin
            while lines[i] != "```":
                i += 1
            yield begin, match.group(1), match.group(2).split(), lines[begin:i]
        i += 1


def matches(expected, actual):
    """Whether the lines are as expected, `...` being any lines."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and expected[0] == actual[0] and matches(expected[1:], actual[1:])


class Document:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.path = pathlib.Path(args.document)
        self.env = dict(os.environ, NO_COLOR="1", LC_ALL="C.UTF-8")
        self.env["PATH"] = f"{pathlib.Path(args.lo0sim).parent}:{self.env['PATH']}"
        self.env["HOME"] = str(folder)
        self.env.pop("CI", None)

    def shell(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, check=False)
        return done.returncode, done.stdout

    def lua(self, lines, rest):
        named = re.search(r'^test\("([^"]+)"', "\n".join(lines), re.M)
        if not named:
            raise Failure("no test in it")
        name = re.sub(r"\W+", "_", named.group(1)) + ".lua"
        (self.folder / name).write_text("\n".join(lines) + "\n")
        if rest[:1] == ["exec"] and self.cannot_run(f"{rest[1]} # lo0sim exec"):
            return
        allowed = "--allow-exec " if rest[:1] == ["exec"] else ""
        code, output = self.shell(f"lo0sim run {allowed}'{name}'")
        if code != (1 if "fails" in rest else 0):
            raise Failure(f"exit {code}\n{output}")

    def cannot_run(self, command):
        """A program is missing, or the kernel cannot run programs in a box."""
        words = command.split("\n")[0].split()
        if any(word in PROGRAMS and shutil.which(word) is None for word in words):
            return True
        runs = "lo0sim exec" in command.split("\n")[0] or words[0] in ("go", "npm", "cmake")
        return runs and self.shell("lo0sim exec -- true")[0] == 2

    def console(self, lines, _rest):
        i = 0
        while i < len(lines):
            if not lines[i].startswith("$ "):
                raise Failure(f"no command: {lines[i]}")
            command = lines[i][2:]
            end = i + 1
            here = re.search(r"<<'?(\w+)'?", command)
            if here:
                end = lines.index(here.group(1), i) + 1
                command = "\n".join([command] + lines[i + 1:end])
            first = end
            while end < len(lines) and not lines[end].startswith("$ "):
                end += 1
            reader = command.split()[0]
            if self.cannot_run(command):
                i = end
                continue
            _code, output = self.shell(command)
            actual = output.split("\n")
            if reader in READERS:
                actual = [line for line in actual if not line.startswith(AS_ROOT)]
            if actual[-1] == "":
                actual.pop()
            if not matches(lines[first:end], actual):
                raise Failure(f"{command}\nprints\n{output}")
            i = end

    def ipf(self, lines, _rest):
        (self.folder / "doc.conf").write_text("\n".join(lines) + "\n")
        code, output = self.shell("lo0sim connect -f doc.conf localhost 22")
        if code != 0:
            raise Failure(output)

    def c(self, lines, rest):
        source = pathlib.Path(self.args.source) / rest[0]
        if source.read_text() != "\n".join(lines) + "\n":
            raise Failure(f"it differs from {source}")
        shutil.copy(source, self.folder)

    def cmake(self, lines, _rest):
        (self.folder / "CMakeLists.txt").write_text("\n".join(lines) + "\n")

    def command(self, command):
        source, build = pathlib.Path(self.args.source), self.args.build
        if command == "script/demo":
            # A build tree of its own, made once; not where the machine's owner forbids installing.
            code, output = self.run_in_source(["script/demo"])
            if code != 0 or "ECONNREFUSED after 0.000 s: rule @0:1" not in output:
                raise Failure(output)
        elif command.startswith("lo0sim "):
            code, output = self.shell(command)
            if code != 0:
                raise Failure(output)
        elif command == ". script/path":
            code, output = self.run_in_source(
                ["bash", "-c", "if [ -x build/demo/lo0sim ]; then . script/path && "
                 "[ \"$(command -v lo0sim)\" = \"$PWD/build/demo/lo0sim\" ]; fi"])
            if code != 0:
                raise Failure(output)
        elif command in ("script/test", "script/test --all"):
            # This test runs in it. That CI runs it, too, can be seen.
            if "script/test" not in (source / ".ci/run").read_text():
                raise Failure("CI does not run script/test")
        elif command == "script/lab":
            # Its own test builds it, where that can be done.
            if "script/lab" not in (source / "tests/lab/build.sh").read_text():
                raise Failure("no test builds the lab")
        elif command == "script/kernel-check":
            # Its own test asks the kernel; here, what it prints, on any machine.
            code, output = self.run_in_source([command, "--lo0sim", self.args.lo0sim, "--recorded",
                                               "tests/kernel/linux-6.18.json"])
            if code != 0 or " rows, 0 differ" not in output:
                raise Failure(output)
        elif command.startswith("script/kernel-check --random 1000"):
            # Fewer; and skipped where there are no namespaces.
            options = command.replace("1000", "5").split()
            code, output = self.run_in_source([options[0], "--lo0sim", self.args.lo0sim, *options[1:]])
            if code not in (0, 77):
                raise Failure(output)
        elif command.startswith("cmake --workflow --preset "):
            _code, output = self.run_in_source(["cmake", "--list-presets=workflow"])
            if f'"{command.split()[-1]}"' not in output:
                raise Failure(f"there is no such workflow\n{output}")
        elif command == "build/release/bench/bench_connect":
            code, output = self.run_in_source([f"{build}/bench/bench_connect", "1", "50"])
            if code != 0 or "bare lwIP = 1" not in output:
                raise Failure(output)
        elif command.startswith("script/bench"):
            code, output = self.run_in_source(["script/bench", "--programs", str(build), "--quick",
                                               "many", "--picture", str(self.folder / "growth.svg")])
            if code != 0 or "connections" not in output:
                raise Failure(output)
        elif command == "build/release/bench/bench_filter":
            code, output = self.run_in_source([f"{build}/bench/bench_filter", "port-lists", "100"])
            if code != 0 or "classifier" not in output:
                raise Failure(output)
        elif command == "build/release/bench/bench_capture":
            code, output = self.run_in_source([f"{build}/bench/bench_capture", "1", "50"])
            if code != 0 or "no capture = 1" not in output:
                raise Failure(output)
        elif command == "build/release/bench/bench_run build/release/lo0sim":
            code, output = self.run_in_source([f"{build}/bench/bench_run", self.args.lo0sim,
                                               "1", "20"])
            if code != 0 or "plain = 1" not in output:
                raise Failure(output)
        elif command == "cmake --install build/release --prefix ~/lo0sim":
            code, output = self.run_in_source(["cmake", "--install", build, "--prefix",
                                               str(self.folder / "lo0sim")])
            if code != 0:
                raise Failure(output)
        elif command.startswith(("cmake --preset ", "cmake --build --preset ")):
            _code, output = self.run_in_source(["cmake", "--list-presets=configure"])
            if f'"{command.split()[3 if "--build" in command else 2]}"' not in output:
                raise Failure(f"there is no such preset\n{output}")
        elif command.startswith("build/fuzz/tests/fuzz/fuzz_"):
            name = command.split()[0].rpartition("/fuzz_")[2]
            if not (source / "tests/fuzz/corpus" / name).is_dir():
                raise Failure(f"there is no corpus {name}")
        else:
            raise Failure(f"nobody has said how to run it: {command}")

    def run_in_source(self, argv):
        done = subprocess.run(argv, cwd=self.args.source, env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=500, check=False)
        return done.returncode, done.stdout

    def sh(self, lines, _rest):
        for line in lines:
            command = line.partition("#")[0].strip()
            if command:
                self.command(command)

    def text(self, _lines, _rest):
        pass

    def links(self, text):
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            if not (self.path.parent / target).exists():
                raise Failure(f"a link leads nowhere: {target}")

    def run(self):
        text = self.path.read_text()
        count = 0
        for line, language, rest, lines in blocks(text):
            if self.path.suffix == ".scd" and not language:
                language = "console"
            runner = getattr(self, language, None) if language in (
                "lua", "console", "c", "cmake", "ipf", "sh", "text") else None
            try:
                if runner is None:
                    raise Failure(f"a block of '{language}', which nobody runs")
                runner(lines, rest)
            except Failure as failure:
                sys.exit(f"{self.path}:{line}: {failure}")
            count += 1
        if self.path.suffix != ".scd":
            self.links(text)
        print(f"{count} blocks")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("document")
    parser.add_argument("--lo0sim", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(pathlib.Path(args.source) / "scenarios", pathlib.Path(folder) / "scenarios")
        Document(args, pathlib.Path(folder)).run()


main()
