#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Captures of all scenarios, read with tshark and tcpdump.

    read_captures.py --lo0sim PROGRAM --source FOLDER --linktype TYPE [--tap TAP]... [--once]

Each test of each scenario is captured twice, at each tap (snoop's place if none is given). Both
files are the same; tcpdump reads each (both not with --once); tshark finds no malformed packet and
no bad checksum, and shows interfaces, directions and numbers. All scenarios are one run, and all
captures of a tap the sections of one file: starting a program takes longer than what it does.
Exits with 77 if tshark or tcpdump is missing.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
REFUSED = "link type raw has one interface"
CHECKSUMS = ["ip", "tcp", "udp", "icmp", "icmpv6"]
FIELDS = ["frame.section_number", "frame.interface_name", "frame.packet_flags_direction",
          "frame.protocols", "_ws.malformed", *(f"{p}.checksum.status" for p in CHECKSUMS)]
DIRECTIONS = {"LOOPBACK_OUT": {"2"}, "PHYSICAL_OUT": {"2"}, "LOOPBACK_IN": {"1"},
              "PHYSICAL_IN": {"1"}, "snoop": {"1"}, "wire": {"1", "2"}}
LOOPBACK, PHYSICAL = {"lo0", "e1000g0"}, {"e1000g0"}
INTERFACES = {"LOOPBACK_OUT": LOOPBACK, "LOOPBACK_IN": LOOPBACK, "snoop": LOOPBACK,
              "PHYSICAL_OUT": PHYSICAL, "PHYSICAL_IN": PHYSICAL, "wire": PHYSICAL}
LINKTYPES = ["null", "raw", "ipnet"]
BAD = "0"

# What the columns of one capture show: a scenario, a tap, the section's comment, its packets.
COLUMNS = ["frame.time_epoch", "frame.interface_name", "frame.packet_flags_direction",
           "frame.packet_id", "tcp.srcport", "tcp.dstport", "tcp.flags", "frame.comment"]
RULE = "block return-rst in on lo0 proto tcp from any to any port = 22"
SYN = "127.0.0.1.34448 > 127.0.0.1.22 S 0:0(0) win 49152"
ON_WIRE = "block return-rst in proto tcp from any to any port = 22"
WIRE = "a_wire_answers_and_loopback_does_not.lua"
OVER_WIRE = "over the wire to 192.168.1.5 [inject]"
RST = "127.0.0.1.22 > 127.0.0.1.34448 R. 0:0(0) ack 1 win 49152"
REWRITTEN = [f"LOOPBACK_IN: blocked by @0:1 {RULE}", f"LOOPBACK_IN: fr_make_rst: {SYN} became {RST}"]
SHOWN = [
    ("telnet_localhost_22.lua", "telnet localhost 22", "snoop",
     [["1245166200.000000000", "lo0", "1", "1", "22", "34448", "0x0014", *REWRITTEN]]),
    ("telnet_localhost_22.lua", "telnet localhost 22", "LOOPBACK_IN:before",
     [["1245166200.000000000", "lo0", "1", "1", "34448", "22", "0x0002", *REWRITTEN]]),
    ("telnet_localhost_22.lua", "telnet localhost 22", "LOOPBACK_OUT:after",
     [["1245166200.000000000", "lo0", "2", "1", "34448", "22", "0x0002", *REWRITTEN]]),
    (WIRE, OVER_WIRE, "wire",
     [["1245166200.000000000", "e1000g0", "1", "", "34058", "22", "0x0002", ""],
      ["1245166200.010000000", "e1000g0", "2", "2", "22", "34058", "0x0014",
       "PHYSICAL_IN: sent by fr_send_reset"]]),
    (WIRE, OVER_WIRE, "PHYSICAL_IN:before",
     [["1245166200.010000000", "e1000g0", "1", "1", "34058", "22", "0x0002",
       f"PHYSICAL_IN: blocked by @0:1 {ON_WIRE}",
       "PHYSICAL_IN: fr_send_reset: sends "
       "192.168.1.5.22 > 192.168.1.20.34058 R. 0:0(0) ack 1 win 0",
       "PHYSICAL_IN: eaten by the hook ipfilter_hook4_in"]]),
]
# Tests whose hooks damage packets: after those hooks, tshark has to find what they did.
DAMAGED = ("a_connect_where_a_bit_of", "a_connect_where_its_end", "data_arrives_whatever")  # by faults
SPOILED = ("a_packet_cut_short",)
SPOILED_TAPS = ("LOOPBACK_OUT:after", "LOOPBACK_IN:before")


def run(*argv, cwd=None):
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=cwd, timeout=300, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Captures:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.faults = []
        self.source = pathlib.Path(args.source) / "scenarios"
        self.scenarios = sorted(path.stem for path in self.source.glob("*.lua"))

    def fault(self, text):
        self.faults.append(text)

    def capture(self, tap, name):
        """Captures all tests of all scenarios at once, into a folder for each scenario.
        => Returns the number of tests, and what was printed of each scenario."""
        to = self.folder / tap / name
        for scenario in self.scenarios:
            (to / scenario).mkdir(parents=True)
        code, out, err = run(self.args.lo0sim, "run", "-w", to / "%f" / "%t.pcapng", "--tap", tap,
                             "--linktype", self.args.linktype, *(f"{scenario}.lua" for scenario in self.scenarios),
                             cwd=self.source)
        refused = out.count(REFUSED)
        if code != (2 if refused else 0) or (refused and self.args.linktype != "raw"):
            self.fault(f"{tap}: exit {code}\n{out}{err}")
        parts = re.split(r"^(\S+)\.lua$", out, flags=re.MULTILINE)
        printed = dict(zip(parts[1::2], parts[2::2]))
        if sorted(printed) != self.scenarios:
            self.fault(f"{tap}: other scenarios were run\n{out}")
        return out.count("  ok  ") + out.count("  FAIL  ") + refused, printed

    def files_of(self, tap):
        """The captures of all scenarios, in order. => Returns the number of tests, and of those refused, too."""
        tests, printed = self.capture(tap, "first")
        files, refused = [], 0
        for scenario in self.scenarios:
            written = sorted((self.folder / tap / "first" / scenario).iterdir())
            those = printed.get(scenario, "").count(REFUSED)
            if not written and not those:
                self.fault(f"{scenario}: nothing was written")
            files += written
            refused += those
        if not self.args.once:
            self.compare(tap, files)
        return tests, files, refused

    def compare(self, tap, files):
        """Another run writes the same."""
        self.capture(tap, "again")
        first, again = self.folder / tap / "first", self.folder / tap / "again"
        if ([f.relative_to(first) for f in files]
                != sorted(f.relative_to(again) for f in again.glob("*/*"))):
            self.fault(f"{tap}: two runs write different files")
        for file in files:
            other = again / file.relative_to(first)
            if other.exists() and file.read_bytes() != other.read_bytes():
                self.fault(f"{file.parent.name}: {file.name}: two runs differ")

    def read_with_tcpdump(self, everything, files, packets):
        """tcpdump reads each packet of each capture. Each capture is read alone where all at once fails,
        to say which; and of raw, since libpcap takes one interface of that type in a file."""
        if self.args.linktype != "raw":
            code, out, err = run("tcpdump", "-nr", everything)
            if code == 0 and out.count("\n") == packets:
                return
            self.fault(f"tcpdump: exit {code}, {out.count(chr(10))} lines of {packets} packets: {err}")
        for file in files:
            code, _out, err = run("tcpdump", "-nr", file)
            if code != 0:
                self.fault(f"{file.parent.name}: {file.name}: tcpdump: {err}")

    def check_packet(self, tap, files, packet):
        """A packet as tshark shows it: a value for each field."""
        section, interface, direction, protocols, malformed, *statuses = packet
        where = f"{tap}: {files[int(section) - 1].parent.name}/{files[int(section) - 1].name}"
        name = files[int(section) - 1].name
        if name.startswith(DAMAGED):
            return
        if bool(malformed) != (name.startswith(SPOILED) and tap in SPOILED_TAPS):
            self.fault(f"{where}: {malformed or 'no malformed packet'}: {packet}")
        if not ({"ip", "ipv6"} & set(protocols.split(":"))):
            self.fault(f"{where}: no IP packet: {packet}")
        if self.args.linktype not in protocols.split(":"):
            self.fault(f"{where}: another link type: {packet}")
        # tshark 4.0 names an interface as in the first section; of raw the first interface differs.
        if self.args.linktype != "raw" and interface not in INTERFACES[tap.partition(":")[0]]:
            self.fault(f"{where}: interface {interface}")
        if str(int(direction, 16)) not in DIRECTIONS[tap.partition(":")[0]]:
            self.fault(f"{where}: direction {direction}")
        for protocol, status in zip(CHECKSUMS, statuses):
            if BAD in status.split("|"):
                self.fault(f"{where}: a bad checksum of {protocol}: {packet}")

    def read(self, tap, files):
        """All of a tap's captures, as the sections of one file: starting tshark takes long.
        => Returns the number of packets."""
        everything = self.folder / "all.pcapng"
        with open(everything, "wb") as out:
            for file in files:
                out.write(file.read_bytes())
        fields = [argument for field in FIELDS for argument in ("-e", field)]
        code, out, err = run("tshark", "-nr", everything, "-o", "ip.check_checksum:TRUE", "-o",
                             "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o",
                             "ip.defragment:FALSE", "-T", "fields", "-E", "aggregator=|", *fields)
        if code != 0:
            self.fault(f"tshark: exit {code}\n{err}")
        packets = [line.split("\t") for line in out.splitlines()]
        for packet in packets:
            self.check_packet(tap, files, packet)
        if not self.args.once:
            self.read_with_tcpdump(everything, files, len(packets))
        return len(packets)

    def shown(self):
        """Captures whose every column is known."""
        for scenario in dict.fromkeys(row[0] for row in SHOWN):
            self.show([row for row in SHOWN if row[0] == scenario])

    def show(self, rows):
        """Those of one scenario, as the sections of one file."""
        everything = self.folder / "shown.pcapng"
        everything.write_bytes(b"")
        for number, (scenario, test, tap, _expected) in enumerate(rows):
            path = self.source / scenario
            file = self.folder / f"shown{number}.pcapng"
            run(self.args.lo0sim, "run", "-w", file, "--tap", tap, "--linktype",
                self.args.linktype, f"{path}:{test}")
            _code, out, _err = run("capinfos", "-k", file)
            if f"{path}:" not in out or f": {test.partition(' [')[0]}" not in out or "seed 1" not in out:
                self.fault(f"{scenario}: capinfos shows\n{out}")
            with open(everything, "ab") as into:
                into.write(file.read_bytes())
        columns = [argument for column in ["frame.section_number", *COLUMNS] for argument in ("-e", column)]
        _code, out, _err = run("tshark", "-nr", everything, "-T", "fields", "-E", "aggregator=|",
                               *columns)
        packets = [[] for _ in rows]
        for line in out.splitlines():
            section, *values, comments = line.split("\t")
            values[2] = str(int(values[2], 16))
            packets[int(section) - 1].append(values + comments.split("|"))
        for (scenario, _test, tap, expected), seen in zip(rows, packets):
            if seen != expected:
                self.fault(f"{scenario}, {tap}: tshark shows\n{seen}\nand not\n{expected}")

    def run(self):
        for tap in self.args.tap or ["snoop"]:
            tests, files, refused = self.files_of(tap)
            if len(files) + refused != tests:
                self.fault(f"{tap}: {len(files)} captures of {tests} tests, {refused} refused")
            packets = self.read(tap, files)
            print(f"{tap}, {self.args.linktype}: {tests} tests, {len(files)} captures, "
                  f"{packets} packets, {refused} refused")
            if packets == 0:
                self.fault(f"{tap}: no packet at all")
        if not self.args.once:
            self.shown()
        for text in self.faults:
            print(text)
        return 1 if self.faults else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lo0sim", required=True, type=os.path.abspath)
    parser.add_argument("--source", required=True)
    parser.add_argument("--linktype", required=True, choices=LINKTYPES)
    parser.add_argument("--tap", action="append")
    parser.add_argument("--once", action="store_true")
    args = parser.parse_args()
    for program in ("tshark", "tcpdump"):
        if shutil.which(program) is None:
            print(f"skipped: there is no {program}")
            sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(Captures(args, pathlib.Path(folder)).run())


main()
