#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Captures of all scenarios, read with tshark and tcpdump.

    read_captures.py --lo0sim PROGRAM --source FOLDER --linktype TYPE [--tap TAP]... [--once]

Each test of each scenario is captured twice, at each tap (snoop's place where none is given). Both
files are the same; tcpdump reads each (both not with --once); tshark finds no malformed packet and no bad checksum, and shows
interfaces, directions and numbers. Exits with 77 where tshark or tcpdump is missing.
"""
import argparse
import pathlib
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
# Tests whose hooks spoil packets: there, after those hooks, tshark has to find what they did.
SPOILED = ("a_packet_cut_short",)
SPOILED_TAPS = ("LOOPBACK_OUT:after", "LOOPBACK_IN:before")


def run(*argv):
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Captures:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.faults = []
        self.refused = 0

    def fault(self, text):
        self.faults.append(text)

    def capture(self, scenario, tap, to):
        """Writes the captures of a scenario's tests into a folder."""
        to.mkdir(parents=True)
        code, out, err = run(self.args.lo0sim, "run", "-w", to / "%t.pcapng", "--tap", tap,
                             "--linktype", self.args.linktype, scenario)
        refused = out.count(REFUSED)
        if code != (2 if refused else 0) or (refused and self.args.linktype != "raw"):
            self.fault(f"{scenario}: exit {code}\n{out}{err}")
        return out.count("  ok  ") + out.count("  FAIL  ") + refused, refused

    def files_of(self, scenario, tap):
        """The captures of a scenario, in order."""
        first = self.folder / tap / "first" / scenario.stem
        tests, refused = self.capture(scenario, tap, first)
        files = sorted(first.iterdir())
        self.refused += refused
        if not files and not refused:
            self.fault(f"{scenario}: nothing was written")
        if not self.args.once:
            self.compare(scenario, tap, files)
        return tests, files

    def compare(self, scenario, tap, files):
        """Another run writes the same; tcpdump reads it."""
        again = self.folder / tap / "again" / scenario.stem
        self.capture(scenario, tap, again)
        if [f.name for f in files] != sorted(f.name for f in again.iterdir()):
            self.fault(f"{scenario}: two runs write different files")
        for file in files:
            if file.read_bytes() != (again / file.name).read_bytes():
                self.fault(f"{scenario}: {file.name}: two runs differ")
            code, _out, err = run("tcpdump", "-nr", file)
            if code != 0:
                self.fault(f"{scenario}: {file.name}: tcpdump: {err}")

    def check_packet(self, tap, files, packet):
        """A packet as tshark shows it: a value for each field."""
        section, interface, direction, protocols, malformed, *statuses = packet
        where = f"{tap}: {files[int(section) - 1].parent.name}/{files[int(section) - 1].name}"
        name = files[int(section) - 1].name
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
        return len(packets)

    def shown(self):
        """Captures whose every column is known."""
        for scenario, test, tap, expected in SHOWN:
            path = pathlib.Path(self.args.source) / "scenarios" / scenario
            file = self.folder / "shown.pcapng"
            run(self.args.lo0sim, "run", "-w", file, "--tap", tap, "--linktype",
                self.args.linktype, f"{path}:{test}")
            columns = [argument for column in COLUMNS for argument in ("-e", column)]
            _code, out, _err = run("tshark", "-nr", file, "-T", "fields", "-E", "aggregator=|",
                                   *columns)
            packets = []
            for line in out.splitlines():
                *values, comments = line.split("\t")
                values[2] = str(int(values[2], 16))
                packets.append(values + comments.split("|"))
            if packets != expected:
                self.fault(f"{scenario}, {tap}: tshark shows\n{packets}\nand not\n{expected}")
            _code, out, _err = run("capinfos", "-k", file)
            if f"{path}:" not in out or f": {test.partition(' [')[0]}" not in out or "seed 1" not in out:
                self.fault(f"{scenario}: capinfos shows\n{out}")

    def run(self):
        for tap in self.args.tap or ["snoop"]:
            tests, files = 0, []
            for scenario in sorted((pathlib.Path(self.args.source) / "scenarios").glob("*.lua")):
                count, written = self.files_of(scenario, tap)
                tests += count
                files += written
            packets = self.read(tap, files)
            print(f"{tap}, {self.args.linktype}: {tests} tests, {len(files)} captures, "
                  f"{packets} packets, {self.refused} refused")
            if packets == 0:
                self.fault(f"{tap}: no packet at all")
        if not self.args.once:
            self.shown()
        for text in self.faults:
            print(text)
        return 1 if self.faults else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lo0sim", required=True)
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
