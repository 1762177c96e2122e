#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The pieces of the random comparison.

    test_random.py PROGRAM
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check
import firewall
import generate
import normal
import program
import scenario
import shrink

HERE = pathlib.Path(__file__).parent
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else ""
RECORDED = HERE.parent / "random-6.18.txt"


def kernel_check(*options, **env):
    return subprocess.run([sys.executable, "-B", str(HERE.parent / "kernel_check.py"), "--lo0sim",
                           PROGRAM, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, env=dict(os.environ, **env))


class TheNormaliser(unittest.TestCase):
    def seen(self, *packets, result="ok"):
        return normal.of([(result, list(packets))])[0]

    def test_names_the_systems_ports_and_no_others(self):
        self.assertEqual(self.seen("udp4 40001 53 3", "udp4 53 40001 4", "udp4 40002 53 5"),
                         "ok [e1>53:udp3 53>e1:udp4 e2>53:udp5]")
        self.assertEqual(self.seen(result="127.0.0.1:40001"), "127.0.0.1:e1")
        self.assertEqual(self.seen(result="127.0.0.1:80"), "127.0.0.1:80")

    def test_leaves_bare_acks_and_push_out(self):
        self.assertEqual(self.seen("tcp4 40001 80 S 100 0", "tcp4 80 40001 S. 7 0",
                                   "tcp4 40001 80 . 101 0", "tcp4 40001 80 P. 101 5"),
                         "ok [e1>80:S 80>e1:S. e1>80:5]")

    def test_joins_data_and_parts_it_from_a_fin(self):
        parts = ("tcp4 9 80 . 1 5", "tcp4 9 80 P. 6 5", "tcp4 9 80 F. 11 2")
        self.assertEqual(self.seen(*parts), "ok [9>80:12 9>80:F]")
        self.assertEqual(self.seen("tcp4 9 80 F. 1 12"), "ok [9>80:12 9>80:F]")

    def test_leaves_out_what_is_sent_again(self):
        self.assertEqual(self.seen("tcp4 9 80 P. 1 5", "tcp4 9 80 P. 1 5"), "ok [9>80:5]")
        self.assertEqual(self.seen("icmp4 3 3 6 9 80 1", "icmp4 3 3 6 9 80 1"), "ok [icmp3/3(9>80)]")

    def test_keeps_each_rst_each_new_syn_and_each_datagrams_error(self):
        for packets in (("tcp4 80 9 R. 0 0",) * 2, ("tcp4 9 80 S 1 0", "tcp4 9 80 S 900 0"),
                        ("icmp4 3 3 17 9 53 0",) * 2):
            self.assertEqual(self.seen(*packets).count(">"), 2)

    def test_tells_a_rst_with_ack_from_one_without(self):
        self.assertNotEqual(self.seen("tcp4 80 9 R 0 0"), self.seen("tcp4 80 9 R. 0 0"))

    def test_keeps_the_acks_that_answer_a_segment_of_nobodys(self):
        packets = ["tcp4 9 80 - 1 0", "tcp4 80 9 . 7 0"]
        calls = [["raw", "4", "9", "80", "-"]]
        self.assertEqual(normal.of([("ok", packets)], calls), ["ok [9>80:- 80>9:.]"])
        self.assertEqual(normal.of([("ok", packets)], [["a", "poll"]]), ["ok"])

    def test_takes_time_wait_for_closed(self):
        self.assertEqual(self.seen(result="TIME_WAIT"), "CLOSED")


class TheShrinker(unittest.TestCase):
    def shortest(self, text, differs):
        return program.text_of(shrink.shortest(
            program.calls_of(text), lambda some: [differs(program.text_of(one)) for one in some]))

    def test_leaves_what_the_difference_needs(self):
        text = "a tcp4 0; b tcp4 1; a bind lo 80; b poll; a listen 1; b close; a poll; a close"
        self.assertEqual(self.shortest(text, lambda one: "a bind" in one and "b poll" in one),
                         "a tcp4 0; b tcp4 1; a bind lo 80; b poll")

    def test_leaves_out_rules_too(self):
        self.assertEqual(self.shortest("fw in:drop:tcp:d80 in:rst:tcp:s80; exit 0",
                                       lambda one: "in:rst:tcp:s80" in one), "fw in:rst:tcp:s80")


class TheGenerator(unittest.TestCase):
    PROGRAMS = check.programs_of("a test", 300)

    def test_gives_the_same_for_a_seed(self):
        self.assertEqual(self.PROGRAMS[:20], check.programs_of("a test", 20))
        self.assertNotEqual(self.PROGRAMS[:20], check.programs_of("another", 20))

    def test_makes_two_to_four_processes_use_all_kinds(self):
        kinds = {kind for calls in self.PROGRAMS for kind, _process in program.owners(calls).values()}
        self.assertEqual(kinds, set(program.KINDS))
        self.assertLessEqual(max(map(program.processes, self.PROGRAMS)), 4)

    def test_lets_nobody_block_where_rules_drop(self):
        for calls in self.PROGRAMS:
            if any(":drop:" in word for words in calls for word in words):
                for words in calls:
                    if len(words) > 1 and words[1] in program.KINDS:
                        self.assertEqual(words[3:], ["nb"], program.text_of(calls))

    def test_sends_segments_of_nobodys_in_some(self):
        some = [calls for calls in self.PROGRAMS if any(words[0] == "raw" for words in calls)]
        self.assertTrue(0 < len(some) < len(self.PROGRAMS) // 5)
        for calls in some:
            self.assertFalse(any(word.startswith("out:") for words in calls for word in words))

    def test_says_each_call(self):
        said = {words[1] for calls in self.PROGRAMS for words in calls if words[0] not in ("fw", "exit")}
        wanted = {"bind", "listen", "connect", "disconnect", "accept", "send", "sendto", "recv",
                  "peek", "shutdown", "close", "set", "poll", "error", "state", "sockname",
                  "peername"}
        self.assertLessEqual(wanted, said)


class TheFirewall(unittest.TestCase):
    def test_says_a_rule_in_both_languages(self):
        rule = "in:rst:tcp:d80:SA"
        self.assertEqual(firewall.nft_rule(rule),
                         "tcp dport 80 tcp flags & (syn | ack | fin | rst) == syn | ack "
                         "reject with tcp reset")
        self.assertEqual(firewall.ipf_rule(rule), "block return-rst in quick on lo0 proto tcp from any "
                                                  "to any port = 80 flags SA/FSRA")
        self.assertEqual(firewall.ipf_rule("out:admin:udp:s53"),
                         "block return-icmp(filter-prohib) out quick on lo0 proto udp from any "
                         "port = 53 to any")


class WhatIsPrinted(unittest.TestCase):
    def run_scenarios(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "printed.lua")
            path.write_text(text)
            return subprocess.run([PROGRAM, "run", path.name], cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)

    def test_is_a_scenario_that_holds(self):
        _kernel, programs, answers = check.read_recorded(RECORDED)
        text = "\n".join(scenario.of(f"program {i}", *pair) for i, pair in
                         enumerate(zip(programs[:100], answers[:100])))
        done = self.run_scenarios(text)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_is_a_scenario_that_fails_where_the_kernel_says_otherwise(self):
        calls = program.calls_of("a tcp4 0 nb; a connect lo 80")
        done = self.run_scenarios(scenario.of("x", calls, ["ok", "ECONNREFUSED"]))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('"EINPROGRESS"', done.stdout)


class TheCommand(unittest.TestCase):
    def test_replays_what_a_kernel_answered_and_says_what_differs(self):
        lines = RECORDED.read_text().splitlines()[:4]
        lines[2] = lines[2].replace("; ", " = EPERM; ", 1)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            done = kernel_check("--replay", file.name)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stdout, r"line 3 of .*\n(?s:.*)EPERM +ok +<--")
        self.assertRegex(done.stdout, r"\n3 programs that Linux .* has answered, 1 differ\n$")

    def test_is_skipped_where_no_kernel_can_be_asked(self):
        with tempfile.TemporaryDirectory() as folder:
            done = kernel_check("--random", "5", PATH=folder)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertEqual(done.stdout,
                         "kernel-check: skipped: there is no unshare (package util-linux)\n")

    def test_mistakes_end_with_2(self):
        for options, text in ((["--seed", "1"], "--seed and --record-random are for --random N"),
                              (["--random", "0"], "--random wants a number of programs, from 1"),
                              (["--replay", "/dev/null/nowhere"], "/dev/null/nowhere: "),
                              (["--replay", "/dev/null"], "/dev/null: ")):
            with self.subTest(options):
                done = kernel_check(*options)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(text, done.stderr)


if __name__ == "__main__":
    unittest.main()
