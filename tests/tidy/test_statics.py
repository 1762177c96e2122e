# SPDX-License-Identifier: BSD-3-Clause
"""Checks that statics.py finds what is planted, and nothing else."""
import os
import subprocess
import sys
import tempfile
import unittest

STATICS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "statics.py")
CC = sys.argv.pop(1)


class Statics(unittest.TestCase):
    def run_on(self, text, listed, *options):
        with tempfile.TemporaryDirectory() as tree:
            os.makedirs(os.path.join(tree, "a"))
            os.makedirs(os.path.join(tree, "build/a/CMakeFiles/t.dir"))
            for name, content in {"a/x.c": text, "list": listed}.items():
                with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                    file.write(content)
            subprocess.run([CC, "-fPIC", "-c", "a/x.c", "-o", "build/a/CMakeFiles/t.dir/x.c.o"],
                           cwd=tree, check=True)
            done = subprocess.run([sys.executable, STATICS, *options, "build", "list", "a"],
                                  cwd=tree, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

    def test_what_can_be_written_is_found(self):
        for text in ("static int n; int f(void) { return n++; }",
                     "static int n = 1; int f(void) { return n++; }",
                     "int f(void) { static int n; return n++; }",
                     "int f(void) { static int n = 2; return n++; }",
                     "int n;", "int n = 3;", "_Thread_local int n;",
                     "static const char *n = \"\"; void f(const char *s) { n = s; }"):
            with self.subTest(text):
                code, said = self.run_on(text, "")
                self.assertEqual(code, 1)
                self.assertTrue(said.startswith("a/x.c: n can be written"), said)
                self.assertEqual(self.run_on(text, "a/x.c n a reason\n"), (0, ""))

    def test_what_cannot_be_written_is_not(self):
        text = ('const int k = 1; static const char *const names[] = {"a", "b"};'
                'const char *f(int i) { return names[i]; } int g(int x) { return x + 1; }')
        self.assertEqual(self.run_on(text, ""), (0, ""))

    def test_a_line_for_what_is_gone_is_told_where_it_is_asked_for(self):
        self.assertEqual(self.run_on("int f(void) { return 1; }", "a/x.c n a reason\n")[0], 0)
        code, said = self.run_on("int f(void) { return 1; }", "a/x.c n a reason\n", "--stale")
        self.assertEqual((code, said), (1, "list: a/x.c has no n any more: take out its line\n"))


if __name__ == "__main__":
    unittest.main()
