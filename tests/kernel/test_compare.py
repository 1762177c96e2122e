#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what the comparison notices.

    test_compare.py PROGRAM
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import compare
from observation import Observation, Step

HERE = pathlib.Path(__file__).parent
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else ""
RECORDED = HERE / "linux-6.18.json"
REFUSED = "outcomes: reject in INPUT, tcp over IPv4"


def recorded(row=REFUSED):
    return Observation.from_json(json.loads(RECORDED.read_text())["rows"][row])


def check(*options, program=PROGRAM, **env):
    return subprocess.run([sys.executable, "-B", str(HERE / "kernel_check.py"), "--lo0sim",
                           program, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, env=dict(os.environ, **env))


class WhatIsNoticed(unittest.TestCase):
    def differences(self, change, row=REFUSED):
        changed = recorded(row)
        change(changed)
        return list(compare.differences(changed, recorded(row)))

    def packet(self, index, at, value):
        def change(seen):
            when, data = seen.packets[index]
            seen.packets[index] = (when, data[:at] + value + data[at + len(value):])
        return change

    def test_nothing_in_what_is_equal(self):
        self.assertEqual(self.differences(lambda seen: None), [])

    def test_another_errno(self):
        def change(seen):
            seen.steps[0].result = "ETIMEDOUT"
        self.assertEqual(self.differences(change),
                         ["kernel: connect: ETIMEDOUT; lo0sim: connect: ECONNREFUSED"])

    def test_a_packet_more_and_one_less(self):
        self.assertEqual(len(self.differences(lambda seen: seen.packets.pop())), 1)
        self.assertEqual(len(self.differences(lambda seen: seen.packets.append(seen.packets[0]))), 1)

    def test_another_order(self):
        self.assertEqual(len(self.differences(lambda seen: seen.packets.reverse())), 2)

    def test_each_field_of_a_rst(self):
        fields = {"address": (12, b"\x7f\0\0\2"), "port": (20, b"\0\x17"), "seq": (24, b"\0\0\0\1"),
                  "ack": (28, b"\0\0\0\0"), "flags": (33, b"\x04"), "window": (34, b"\1\0"),
                  "ttl": (8, b"\xff"), "id": (4, b"\0\1"), "DF": (6, b"\0\0")}
        for name, (at, value) in fields.items():
            with self.subTest(name):
                self.assertEqual(len(self.differences(self.packet(1, at, value))), 1)

    def test_what_a_system_chooses_is_no_difference(self):
        fields = {"window of the SYN": (34, b"\1\0"), "id of the SYN": (4, b"\x12\x34")}
        for name, (at, value) in fields.items():
            with self.subTest(name):
                self.assertEqual(self.differences(self.packet(0, at, value)), [])

    def test_an_icmp_error_that_quotes_less(self):
        row = "outcomes: reject in INPUT, udp over IPv4"
        self.assertEqual(len(self.differences(self.packet(1, 2, b"\0\x38"), row)), 1)


class Times(unittest.TestCase):
    def sides(self, real_s, nominal_s):
        return [Observation([Step("connect", "ETIMEDOUT", 0, s)]) for s in (real_s, nominal_s)]

    def test_are_never_early_and_little_late(self):
        for real_s, nominal_s, good in ((3, 3, True), (3.12, 3, True), (3.18, 3, False),
                                        (2.99, 3, False), (0.04, 0, True), (0.06, 0, False)):
            with self.subTest(real_s):
                differ = list(compare.differences(*self.sides(real_s, nominal_s)))
                self.assertEqual(differ == [], good)

    def test_only_late_is_not_early_nor_another_errno(self):
        self.assertTrue(compare.is_only_late(*self.sides(4, 3)))
        self.assertFalse(compare.is_only_late(*self.sides(3, 3)))
        self.assertFalse(compare.is_only_late(*self.sides(2, 3)))
        kernel, simulated = self.sides(4, 3)
        kernel.steps[0].result = "ECONNREFUSED"
        self.assertFalse(compare.is_only_late(kernel, simulated))


class TheCommand(unittest.TestCase):
    def test_says_where_it_differs_and_ends_with_1(self):
        kernel = json.loads(RECORDED.read_text())
        kernel["rows"][REFUSED]["steps"][0][1] = "ETIMEDOUT"
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(kernel, file)
            file.flush()
            done = check("--recorded", file.name)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("kernel: connect: ETIMEDOUT; lo0sim: connect: ECONNREFUSED", done.stdout)
        self.assertRegex(done.stdout, r"\n\d+ rows, 1 differ\n$")

    def test_is_skipped_where_there_is_no_nft(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("unshare", "true"):
                pathlib.Path(folder, name).symlink_to("/bin/true")
            done = check(PATH=folder)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertEqual(done.stdout,
                         "kernel-check: skipped: there is no nft (package nftables)\n")

    def test_is_skipped_where_no_namespace_can_be_made(self):
        with tempfile.TemporaryDirectory() as folder:
            unshare = pathlib.Path(folder, "unshare")
            unshare.write_text("#!/bin/sh\necho 'unshare: unshare failed: no' >&2\nexit 1\n")
            unshare.chmod(0o755)
            pathlib.Path(folder, "nft").symlink_to("/bin/true")
            done = check(PATH=f"{folder}:/bin")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("no network namespace can be made: unshare: unshare failed: no", done.stdout)

    def test_mistakes_end_with_2(self):
        for options, text in ((["--only", "nonsense"], "no case has 'nonsense' in its name"),
                              (["--recorded", "/dev/null/nowhere.json"], "/dev/null/nowhere.json: "),
                              (["--scenario", "/dev/null/nowhere"], "/dev/null/nowhere is no folder"),
                              (["--nonsense"], "unrecognized arguments")):
            with self.subTest(options):
                done = check(*options)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(text, done.stderr)
        self.assertEqual(check(program="/dev/null/nowhere").returncode, 2)


if __name__ == "__main__":
    unittest.main()
