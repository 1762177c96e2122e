# SPDX-License-Identifier: BSD-3-Clause
"""Segments that no socket has sent: `raw FAMILY SPORT DPORT FLAGS [LENGTH [SEQ [ACK]]]`.

They go from loopback's address to itself, without options, through OUTPUT and INPUT. FLAGS are as in
a packet's text ("S.", "R", "-" for none). SEQ counts from where the sender's numbers go on, as
packets on lo have shown, and ACK, of a segment with ".", from where the peer's go on. One whose SEQ
is 0 counts itself. Of a conversation that was not seen yet the numbers begin at FIRST, and at 0 for
the peer.
"""
import contextlib
import ipaddress
import socket
import struct

import packet

FIRST = 1000
WINDOW = 32768
ADDRESS = {4: "127.0.0.1", 6: "::1"}
BITS = {letter: bit for bit, letter in packet.TCP_FLAGS}


class Numbers:
    """Where the sequence numbers go on, by (family, sport, dport)."""

    def __init__(self):
        self.next, self.stray = {}, None

    def see(self, seen):
        """A packet on lo."""
        seq, _ack, flags, _window, _options, length = seen.tcp
        way = (seen.version, seen.sport, seen.dport)
        if (way, seq, flags, length) == self.stray or flags & packet.RST:
            return
        end = (seq + length + bool(flags & packet.SYN) + (flags & 1)) % 2**32
        if way not in self.next or flags & packet.SYN or (end - self.next[way]) % 2**32 < 2**31:
            self.next[way] = end

    def of(self, family, sport, dport):
        return (self.next.get((family, sport, dport), FIRST), self.next.get((family, dport, sport), 0))


def flags_of(letters):
    return sum(BITS[letter] for letter in letters if letter != "-")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip_header(family, length):
    address = ipaddress.ip_address(ADDRESS[family]).packed
    if family == 4:
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0x4000, 64, 6, 0) + address * 2
    return struct.pack("!IHBB", 6 << 28, length, 6, 64) + address * 2


def send(numbers, words):
    """Sends one on the kernel's lo. `words` are those after `raw`, with numbers as ports."""
    family, sport, dport = (int(word) for word in words[:3])
    length, seq, ack = (int(word) for word in [*words[4:], "0", "0", "0"][:3])
    flags = flags_of(words[3])
    own, peer = numbers.of(family, sport, dport)
    own, peer = (own + seq) % 2**32, (peer + ack) % 2**32 if flags & packet.ACK else 0
    numbers.stray = ((family, sport, dport), own, flags, length) if seq != 0 else None
    body = b"x" * length
    segment = struct.pack("!HHIIBBHHH", sport, dport, own, peer, 5 << 4, flags, WINDOW, 0, 0) + body
    address = ipaddress.ip_address(ADDRESS[family]).packed
    pseudo = address * 2 + struct.pack("!II", len(segment), 6)
    total = checksum(pseudo + segment + b"\0" * (length % 2))
    segment = segment[:16] + struct.pack("!H", total) + segment[18:]
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_RAW,
                       socket.IPPROTO_RAW) as sock:
        with contextlib.suppress(PermissionError):  # a rule in OUTPUT refuses it
            sock.sendto(ip_header(family, len(segment)) + segment, (ADDRESS[family], 0))
