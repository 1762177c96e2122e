# SPDX-License-Identifier: BSD-3-Clause
"""Checks that circles.py finds what is planted, and nothing else."""
import os
import subprocess
import sys
import tempfile
import unittest

CIRCLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "circles.py")
CC = sys.argv.pop(1)


class Circles(unittest.TestCase):
    def run_on(self, files, *arguments):
        """Writes and compiles the files, and runs circles.py. => its exit code and what it printed"""
        with tempfile.TemporaryDirectory() as tree:
            for name, text in files.items():
                os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
                with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                    file.write(text)
            for name in (n for n in files if n.endswith(".c")):
                top, rest = name.split("/", 1)
                to = f"build/{top}/CMakeFiles/t.dir/{rest}.o"
                os.makedirs(os.path.join(tree, os.path.dirname(to)), exist_ok=True)
                subprocess.run([CC, "-I.", "-c", name, "-o", to], cwd=tree, check=True)
            done = subprocess.run([sys.executable, CIRCLES, arguments[0], "build", *arguments[1:]],
                                  cwd=tree, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

    def test_files_that_call_each_other_are_a_circle(self):
        code, text = self.run_on({
            "a/x.c": "void y(void); void x(void) { y(); }",
            "a/y.c": "void z(void); void y(void) { z(); }",
            "a/z.c": "void x(void); void z(void) { x(); }",
            "a/w.c": "void x(void); void w(void) { x(); }"}, "files", "a")
        self.assertEqual(code, 1)
        self.assertIn("these files need each other: a/x.c a/y.c a/z.c\n", text)
        self.assertIn("a/z.c needs x of a/x.c", text)

    def test_headers_that_include_each_other_are_a_circle(self):
        code, text = self.run_on({
            "a/x.h": '#pragma once\n#include "a/y.h"\n', "a/y.h": '#pragma once\n#include "x.h"\n',
            "a/x.c": '#include "a/x.h"\nint x;'}, "files", "a")
        self.assertEqual((code, text), (1, "a: these headers include each other: a/x.h a/y.h\n"))

    def test_a_chain_is_no_circle(self):
        code, text = self.run_on({
            "a/x.h": '#include "a/y.h"\n', "a/y.h": "void y(void);\n",
            "a/x.c": '#include "a/x.h"\nvoid x(void) { y(); }',
            "a/y.c": '#include "a/y.h"\nvoid y(void) {}'}, "files", "a")
        self.assertEqual((code, text), (0, ""))

    def test_a_low_folder_that_includes_a_high_one_is_told(self):
        code, text = self.run_on({
            "s/low/x.c": '#include "s/high/y.h"\nint x;', "s/high/y.h": "\n",
            "s/high/y.c": "int y;"}, "folders", "s/low", "s/high")
        self.assertEqual((code, text), (
            1, "s/low/x.c includes s/high/y.h: s/low is below s/high\n"))

    def test_a_low_folder_that_calls_a_high_one_is_told(self):
        files = {"s/low/x.c": "void y(void); void x(void) { y(); }",
                 "s/high/in/y.c": "void y(void) {}"}
        code, text = self.run_on(files, "folders", "s/low", "s/high")
        self.assertEqual((code, text), (
            1, "s/low/x.c needs y of s/high/in/y.c: s/low is below s/high\n"))
        self.assertEqual(self.run_on(files, "folders", "s/high", "s/low"), (0, ""))

    def test_a_folder_inside_of_another_is_its_own_where_it_is_named(self):
        files = {"s/x.c": "void y(void); void x(void) { y(); }", "s/in/y.c": "void y(void) {}"}
        self.assertEqual(self.run_on(files, "folders", "s")[0], 0)
        self.assertEqual(self.run_on(files, "folders", "s/in", "s")[0], 0)
        self.assertEqual(self.run_on(files, "folders", "s", "s/in")[0], 1)

    def test_a_folder_without_objects_is_a_mistake(self):
        self.assertEqual(self.run_on({"a/x.h": "\n"}, "files", "a")[0], 1)


if __name__ == "__main__":
    unittest.main()
